// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstring>
#include <stdexcept>

#include "cuda/device.hpp"

// An iteration of an optimiser is some fifty short kernels whose launches, one by one, take as long as their work. The
// first time they are queued as they come, so that all code is loaded and all scratch memory taken; the second time
// they are captured in a graph; from then on the graph is launched as a whole, after those of its kernels have been
// given new arguments whose numbers changed (a steepness, a rate).

namespace anamorph::cuda {

class Graph final : public Recording {
 public:
  ~Graph() override { discard(); }

  enum class State { fresh, seen, recording, recorded, running, refused };

  /// True when the kernel is to be queued: always, but in a run of the graph, which only takes note of new arguments.
  bool begin_launch(const Device::Launch& launch, std::span<const Device::Argument> arguments) {
    if (state_ == State::recording) {
      kernels_.push_back({launch, {}, nullptr});
      for (const Device::Argument& a : arguments) {
        const auto* bytes = static_cast<const std::byte*>(a.value);
        kernels_.back().arguments.emplace_back(bytes, bytes + a.size);
      }
      return true;
    }
    if (next_ == kernels_.size() || kernels_[next_].launch.kernel != launch.kernel)
      throw std::logic_error("repeat: this is another sequence of verbs than the one recorded");
    Kernel& kernel = kernels_[next_++];
    bool changed = !same(kernel.launch.grid, launch.grid) || !same(kernel.launch.block, launch.block) ||
                   kernel.launch.shared_bytes != launch.shared_bytes;
    kernel.launch = launch;
    std::vector<void*> values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      std::vector<std::byte>& known = kernel.arguments[i];
      if (std::memcmp(known.data(), arguments[i].value, known.size()) != 0) {
        std::memcpy(known.data(), arguments[i].value, known.size());
        changed = true;
      }
      values.push_back(known.data());
    }
    if (!changed) return false;
    cudaKernelNodeParams parameters{};
    parameters.func = const_cast<void*>(launch.kernel);
    parameters.gridDim = launch.grid;
    parameters.blockDim = launch.block;
    parameters.sharedMemBytes = static_cast<unsigned>(launch.shared_bytes);
    parameters.kernelParams = values.data();
    check(cudaGraphExecKernelNodeSetParams(executable_, kernel.node, &parameters), "update of a graph");
    return false;
  }

  /// The node of the kernel that was just captured is what the next one would depend on.
  void end_launch(cudaStream_t stream) {
    if (state_ != State::recording) return;
    cudaStreamCaptureStatus status{};
    const cudaGraphNode_t* nodes = nullptr;
    std::size_t count = 0;
    check(cudaStreamGetCaptureInfo(stream, &status, nullptr, nullptr, &nodes, nullptr, &count), "recording of a graph");
    if (count != 1) fail("recording of a graph", "the stream has " + std::to_string(count) + " ends");
    kernels_.back().node = nodes[0];
  }

  /// Captures what `verbs` queues; false when the driver will not have it as a graph, and nothing has run then.
  bool record(cudaStream_t stream, const std::function<void()>& verbs) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "recording of a graph");
    state_ = State::recording;
    try {
      verbs();
    } catch (...) {
      // A call that the driver cannot capture breaks the recording; queued as it comes, it may well succeed.
      const bool broken = cudaStreamEndCapture(stream, &graph_) != cudaSuccess;
      (void)cudaGetLastError();
      discard();
      state_ = broken ? State::refused : State::fresh;
      if (!broken) throw;
      return false;
    }
    cudaError_t status = cudaStreamEndCapture(stream, &graph_);
    if (status == cudaSuccess) status = cudaGraphInstantiate(&executable_, graph_, 0);
    if (status == cudaSuccess) {
      state_ = State::recorded;
      return true;
    }
    (void)cudaGetLastError();
    discard();
    state_ = State::refused;
    return false;
  }

  void run(cudaStream_t stream, const std::function<void()>& verbs) {
    next_ = 0;
    state_ = State::running;
    verbs();
    if (next_ != kernels_.size()) throw std::logic_error("repeat: fewer verbs than were recorded");
    state_ = State::recorded;
    launch(stream);
  }

  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(executable_, stream), "launch of a graph"); }

  [[nodiscard]] State state() const noexcept { return state_; }
  void seen() noexcept { state_ = State::seen; }

 private:
  struct Kernel {
    Device::Launch launch;
    std::vector<std::vector<std::byte>> arguments;
    cudaGraphNode_t node;
  };

  static bool same(const dim3& a, const dim3& b) { return a.x == b.x && a.y == b.y && a.z == b.z; }

  void discard() noexcept {
    if (executable_ != nullptr) (void)cudaGraphExecDestroy(executable_);
    if (graph_ != nullptr) (void)cudaGraphDestroy(graph_);
    executable_ = nullptr;
    graph_ = nullptr;
    kernels_.clear();
  }

  State state_ = State::fresh;
  std::vector<Kernel> kernels_;
  std::size_t next_ = 0;  ///< of the kernels, in a run
  cudaGraph_t graph_ = nullptr;
  cudaGraphExec_t executable_ = nullptr;
};

bool Device::queues() const { return graph_ == nullptr || graph_->state() != Graph::State::running; }

bool Device::begin_launch(const Launch& launch, std::span<const Argument> arguments) const {
  activate();
  return graph_ == nullptr || graph_->begin_launch(launch, arguments);
}

void Device::end_launch() const {
  if (graph_ != nullptr) graph_->end_launch(stream_);
}

void Device::require_no_recording(const char* what) const {
  if (graph_ != nullptr) throw std::logic_error(std::string(what) + " in a sequence of verbs that is recorded");
}

void Device::repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& verbs) const {
  if (graph_ != nullptr) throw std::logic_error("repeat: a sequence within a sequence");
  if (!recording) recording = std::make_unique<Graph>();
  Graph& graph = dynamic_cast<Graph&>(*recording);
  if (graph.state() == Graph::State::fresh || graph.state() == Graph::State::refused) {
    verbs();
    if (graph.state() == Graph::State::fresh) graph.seen();
    return;
  }
  activate();
  struct Active {
    explicit Active(Graph*& place, Graph* graph) : place_(place) { place_ = graph; }
    ~Active() { place_ = nullptr; }
    Graph*& place_;
  };
  if (graph.state() == Graph::State::seen) {
    const bool recorded = [&] {
      const Active active(graph_, &graph);
      return graph.record(stream_, verbs);
    }();
    if (recorded)
      graph.launch(stream_);
    else
      verbs();
    return;
  }
  const Active active(graph_, &graph);
  graph.run(stream_, verbs);
}

}  // namespace anamorph::cuda
