// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_visit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/repetition_members.hpp"

// A query goes down the hierarchy with a stack of its own, so that its depth is no matter: a cell is read to its end
// before what it holds is visited. Only where a cell holds very many others are those visited in between, and that not
// at every depth.
//
// Work is counted ahead: what a repetition brings into the window before its members are visited, and where a cell lies
// inside the window as a whole, all that is below it.

namespace anamorph {

namespace {

constexpr std::size_t most_pending = 65536;             ///< of one cell,
constexpr std::size_t most_pending_listed = 1U << 20U;  ///< and displacements that they list
constexpr int most_interrupted = 16;                    ///< cells that are half read

/// Displacements that bring `box` to touch `window`.
DbuBox displacements(const DbuBox& box, const DbuBox& window) {
  return {window.x0 - box.x1, window.y0 - box.y1, window.x1 - box.x0, window.y1 - box.y0};
}

bool holds(const DbuBox& box, const DbuBox& other) {
  return box.holds({other.x0, other.y0}) && box.holds({other.x1, other.y1});
}

}  // namespace

class LayoutVisit {
 public:
  LayoutVisit(const LayoutFile& file, const std::unordered_map<std::string, std::size_t>& numbers,
              const std::vector<CellSummary>& cells, ContentsCache& cache, const LayoutIndex::Query& query,
              LayoutSink& sink, bool texts)
      : file_(file),
        numbers_(numbers),
        cells_(cells),
        cache_(cache),
        layers_(query.layers),
        most_steps_(query.most_steps),
        steps_left_(query.most_steps),
        visited_(cells.size(), false),
        sink_(sink),
        texts_(texts) {
    constexpr std::int64_t far = 2 * largest_coordinate;
    window_ = query.window.value_or(DbuBox{-far, -far, far, far});
    window_ = {std::max(window_.x0, -far), std::max(window_.y0, -far), std::min(window_.x1, far),
               std::min(window_.y1, far)};
    std::sort(layers_.begin(), layers_.end());
    const Reach& all = reach(query.cell);
    if (!window_.touches(all.box)) return;
    if (holds(window_, all.box)) expect(all.count, query.cell);
    std::vector<Frame> stack;
    visit(query.cell, {}, stack);
    run(stack);
  }

  [[nodiscard]] std::uint64_t placements_with_properties() const noexcept { return placements_with_properties_; }

 private:
  using Reach = CellSummary::Shapes;

  /// A cell within the one that is being visited, at those members of its repetition that touch the window.
  struct Pending {
    std::size_t cell = 0;
    Orientation orientation;
    DbuPoint origin;
    std::unique_ptr<Repetition> repetition;  ///< its address stays
    DbuBox displacements;
  };
  struct Frame {
    CellTransform transform;
    std::vector<Pending> pending;
    std::size_t at = 0;
    std::optional<RepetitionMembers> members;
  };

  /// The elements of one cell at one place.
  class Cell final : public ElementSink {
   public:
    Cell(LayoutVisit& visit, std::size_t number, const CellTransform& transform)
        : visit_(visit), number_(number), exact_(transform.exact()), window_(transform.preimage(visit.window_)) {
      frame_.transform = transform;
    }

    void shape(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuBox& box,
               const Repetition& repetition, const ElementDetails& details) override {
      if (!visit_.wanted({layer, details.text.has_value()})) return;
      RepetitionMembers members(repetition, moves(box));
      take(members);
      for (DbuPoint move; members.next(move);) visit_.tell(layer, points, move, frame_.transform, exact_, details);
    }

    void child(std::size_t cell, const Orientation& orientation, const DbuPoint& origin, const Repetition& repetition,
               bool with_properties) override {
      const Reach& own = visit_.reach(cell);
      if (own.box.empty()) return;
      const CellTransform to_here{orientation, static_cast<double>(origin.x), static_cast<double>(origin.y)};
      const DbuBox image = to_here.image(own.box);
      const DbuBox reach = moves(image);
      RepetitionMembers members(repetition, reach);
      const std::uint64_t count = take(members);
      if (count == 0) return;
      if (with_properties) visit_.placements_with_properties_ += count;
      if (const DbuBox all = displacement_box(repetition);
          exact_ && holds(window_, {image.x0 + all.x0, image.y0 + all.y0, image.x1 + all.x1, image.y1 + all.y1}))
        visit_.expect(anamorph::members(repetition) * own.count, number_);
      auto kept = std::make_unique<Repetition>(repetition);
      std::erase_if(kept->offsets, [&](const DbuPoint& p) { return !reach.holds(p); });
      listed_ += kept->offsets.size();
      frame_.pending.push_back({cell, orientation, origin, std::move(kept), reach});
      if (frame_.pending.size() < most_pending && listed_ < most_pending_listed) return;
      if (visit_.interrupted_ == most_interrupted) return;
      const CellTransform transform = frame_.transform;
      std::vector<Frame> stack;
      stack.push_back(std::exchange(frame_, {transform, {}, 0, {}}));
      listed_ = 0;
      ++visit_.interrupted_;
      visit_.run(stack);
      --visit_.interrupted_;
    }

    Frame frame_;

   private:
    /// Displacements in this cell that may bring the image of `box` to touch the window.
    [[nodiscard]] DbuBox moves(const DbuBox& box) const {
      if (exact_) return displacements(box, window_);
      // Boxes turned by any angle grow, so the images are compared, and what moves them is turned back.
      const CellTransform turn{frame_.transform.orientation, 0, 0};
      return turn.preimage(displacements(frame_.transform.image(box), visit_.window_));
    }

    /// Counts the members that are about to be visited; to count those of a grid costs its rows, which come first.
    std::uint64_t take(const RepetitionMembers& members) const {
      if (members.rows() > 1) visit_.take(members.rows(), number_);
      const std::uint64_t count = members.count();
      visit_.take(count, number_);
      return count;
    }

    LayoutVisit& visit_;
    std::size_t number_;
    std::size_t listed_ = 0;  ///< displacements of what is pending
    bool exact_;
    DbuBox window_;  ///< in the cell's own coordinates, if that is exact
  };

  void run(std::vector<Frame>& stack) {
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.at == frame.pending.size()) {
        stack.pop_back();
        continue;
      }
      const Pending& next = frame.pending[frame.at];
      if (!frame.members) frame.members.emplace(*next.repetition, next.displacements);
      DbuPoint move;
      if (!frame.members->next(move)) {
        frame.members.reset();
        ++frame.at;
        continue;
      }
      visit(next.cell, frame.transform.inside(next.orientation, next.origin, move), stack);  // `frame` may move
    }
  }

  void visit(std::size_t number, const CellTransform& transform, std::vector<Frame>& stack) {
    if (visited_[number]) take(cells_[number].elements, number);
    visited_[number] = true;
    Cell cell(*this, number, transform);
    bool worthwhile = false;
    auto contents = cache_.find(number, cells_[number].bytes, worthwhile);
    if (!contents && worthwhile) {
      auto fresh = std::make_shared<CellContents>();
      read(number, *fresh);
      cache_.keep(number, fresh);
      contents = std::move(fresh);
    }
    if (contents)
      contents->tell(cell);
    else
      read(number, cell);
    if (!cell.frame_.pending.empty()) stack.push_back(std::move(cell.frame_));
  }

  void read(std::size_t number, ElementSink& into) {
    ElementReader reader(numbers_, into);
    file_.read(number, reader);
  }

  void tell(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuPoint& move,
            const CellTransform& transform, bool exact, const ElementDetails& details) {
    static const Repetition once;
    shape_.clear();
    DbuBox box;
    if (exact) {  // the same in integers, which is faster
      const Orientation& o = transform.orientation;
      const auto xx = static_cast<int>(o.xx), xy = static_cast<int>(o.xy), yx = static_cast<int>(o.yx),
                 yy = static_cast<int>(o.yy);
      const DbuPoint to = transform({0, 0});
      for (const DbuPoint& p : points) {
        const std::int64_t x = p.x + move.x, y = p.y + move.y;
        shape_.push_back({xx * x + xy * y + to.x, yx * x + yy * y + to.y});
      }
    } else {
      for (const DbuPoint& p : points) {
        shape_.push_back(transform({p.x + move.x, p.y + move.y}));
        box.include(shape_.back());
      }
    }
    if (!exact && !box.touches(window_)) return;
    if (details.text)
      sink_.text(layer, {shape_.front(), *details.text}, once, details.properties);
    else
      sink_.polygon(layer, shape_, once, details.properties);
  }

  [[nodiscard]] bool wanted(const CellSummary::Kind& kind) const {
    if (kind.text && !texts_) return false;
    return layers_.empty() || std::binary_search(layers_.begin(), layers_.end(), kind.layer);
  }

  void take(std::uint64_t steps, std::size_t cell) {
    if (steps > steps_left_) throw too_many(cell);
    steps_left_ -= steps;
  }
  /// That many steps are ahead.
  void expect(double steps, std::size_t cell) const {
    if (steps > static_cast<double>(steps_left_)) throw too_many(cell);
  }
  [[nodiscard]] Error too_many(std::size_t cell) const {
    return {ErrorCode::input,
            "LAY-0024",
            "more than " + std::to_string(most_steps_) + " shapes and cells are to be visited, in cell \"" +
                file_.cells()[cell] + "\", at byte " + std::to_string(file_.cell_offset(cell)) +
                "; expected fewer, a smaller window, or more steps allowed",
            {file_.name()}};
  }

  /// Box and number of all wanted shapes of a cell and below.
  const Reach& reach(std::size_t cell) {
    const auto [found, fresh] = reaches_.try_emplace(cell);
    if (fresh)
      for (const auto& [kind, shapes] : cells_[cell].all)
        if (wanted(kind) && !shapes.box.empty()) {
          found->second.box.include({shapes.box.x0, shapes.box.y0});
          found->second.box.include({shapes.box.x1, shapes.box.y1});
          found->second.count += shapes.count;
        }
    return found->second;
  }

  const LayoutFile& file_;
  const std::unordered_map<std::string, std::size_t>& numbers_;
  const std::vector<CellSummary>& cells_;
  ContentsCache& cache_;
  std::vector<LayerNumber> layers_;
  std::uint64_t most_steps_;
  std::uint64_t steps_left_;
  std::vector<bool> visited_;
  int interrupted_ = 0;
  DbuBox window_;
  LayoutSink& sink_;
  bool texts_;
  std::uint64_t placements_with_properties_ = 0;
  std::unordered_map<std::size_t, Reach> reaches_;
  DbuPolygon shape_;
};

void LayoutIndex::shapes(const Query& query,
                         const std::function<void(const LayerNumber&, const DbuPolygon&)>& tell) const {
  struct Shapes final : LayoutSink {
    explicit Shapes(const std::function<void(const LayerNumber&, const DbuPolygon&)>& t) : tell(t) {}
    void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition&, const Properties&) override {
      tell(layer, shape);
    }
    const std::function<void(const LayerNumber&, const DbuPolygon&)>& tell;
  } sink(tell);
  (void)impl_->cells.at(query.cell);
  LayoutVisit(impl_->file, impl_->numbers, impl_->cells, impl_->cache, query, sink, false);
}

std::uint64_t LayoutIndex::elements(const Query& query, LayoutSink& sink) const {
  (void)impl_->cells.at(query.cell);
  return LayoutVisit(impl_->file, impl_->numbers, impl_->cells, impl_->cache, query, sink, true)
      .placements_with_properties();
}

}  // namespace anamorph
