// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_visit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "masks/repetition_members.hpp"

// A query goes down the hierarchy with a stack of its own, so that its depth is no matter: a cell is read to its end
// before what it holds is visited. Only where a cell holds very many others are those visited in between.

namespace anamorph {

namespace {

using Tell = std::function<void(const LayerNumber&, const DbuPolygon&)>;

constexpr std::size_t most_pending = 65536;

/// Displacements that bring `box` to touch `window`.
DbuBox displacements(const DbuBox& box, const DbuBox& window) {
  return {window.x0 - box.x1, window.y0 - box.y1, window.x1 - box.x0, window.y1 - box.y0};
}

}  // namespace

class LayoutVisit {
 public:
  LayoutVisit(const LayoutFile& file, const std::unordered_map<std::string, std::size_t>& numbers,
              const std::vector<CellSummary>& cells, ContentsCache& cache, const LayoutIndex::Query& query,
              const Tell& tell)
      : file_(file), numbers_(numbers), cells_(cells), cache_(cache), layers_(query.layers), tell_(tell) {
    constexpr std::int64_t far = 2 * largest_coordinate;
    window_ = query.window.value_or(DbuBox{-far, -far, far, far});
    window_ = {std::max(window_.x0, -far), std::max(window_.y0, -far), std::min(window_.x1, far),
               std::min(window_.y1, far)};
    std::sort(layers_.begin(), layers_.end());
    if (!window_.touches(box(query.cell))) return;
    std::vector<Frame> stack;
    visit(query.cell, {}, stack);
    run(stack);
  }

 private:
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
    Cell(LayoutVisit& visit, const CellTransform& transform)
        : visit_(visit), exact_(transform.exact()), window_(transform.preimage(visit.window_)) {
      frame_.transform = transform;
    }

    void shape(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuBox& box,
               const Repetition& repetition) override {
      if (!visit_.wanted(layer)) return;
      RepetitionMembers members(repetition, moves(box));
      for (DbuPoint move; members.next(move);) visit_.tell(layer, points, move, frame_.transform, exact_);
    }

    void child(std::size_t cell, const Orientation& orientation, const DbuPoint& origin,
               const Repetition& repetition) override {
      const DbuBox own = visit_.box(cell);
      if (own.empty()) return;
      const CellTransform to_here{orientation, static_cast<double>(origin.x), static_cast<double>(origin.y)};
      const DbuBox reach = moves(to_here.image(own));
      if (DbuPoint any; !RepetitionMembers(repetition, reach).next(any)) return;
      auto kept = std::make_unique<Repetition>(repetition);
      std::erase_if(kept->offsets, [&](const DbuPoint& p) { return !reach.holds(p); });
      frame_.pending.push_back({cell, orientation, origin, std::move(kept), reach});
      if (frame_.pending.size() < most_pending) return;
      const CellTransform transform = frame_.transform;
      std::vector<Frame> stack;
      stack.push_back(std::exchange(frame_, {transform, {}, 0, {}}));
      visit_.run(stack);
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

    LayoutVisit& visit_;
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
    Cell cell(*this, transform);
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
            const CellTransform& transform, bool exact) {
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
    if (exact || box.touches(window_)) tell_(layer, shape_);
  }

  [[nodiscard]] bool wanted(const LayerNumber& layer) const {
    return layers_.empty() || std::binary_search(layers_.begin(), layers_.end(), layer);
  }

  /// Box of all wanted shapes of a cell and below.
  DbuBox box(std::size_t cell) {
    const auto [found, fresh] = boxes_.try_emplace(cell);
    if (fresh)
      for (const auto& [layer, b] : cells_[cell].all)
        if (wanted(layer) && !b.empty()) {
          found->second.include({b.x0, b.y0});
          found->second.include({b.x1, b.y1});
        }
    return found->second;
  }

  const LayoutFile& file_;
  const std::unordered_map<std::string, std::size_t>& numbers_;
  const std::vector<CellSummary>& cells_;
  ContentsCache& cache_;
  std::vector<LayerNumber> layers_;
  DbuBox window_;
  const Tell& tell_;
  std::unordered_map<std::size_t, DbuBox> boxes_;
  DbuPolygon shape_;
};

void LayoutIndex::shapes(const Query& query, const Tell& tell) const {
  (void)impl_->cells.at(query.cell);
  LayoutVisit(impl_->file, impl_->numbers, impl_->cells, impl_->cache, query, tell);
}

}  // namespace anamorph
