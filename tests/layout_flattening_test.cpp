// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "masks/layout_query.hpp"
#include "masks/region.hpp"
#include "tests/klayout_fixture.hpp"
#include "tests/made_layout.hpp"

namespace anamorph {
namespace {

using namespace testing;

class LayoutFlattening : public WithKLayout {
 protected:
  void write_flat(const LayoutIndex& index, const LayoutIndex::Query& query, const char* name) const {
    std::string bytes;
    const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, index.file().dbu_nm());
    writer->begin_cell("FLAT");
    for (const auto& [layer, shape] : shapes(index, query))
      if (query.window)
        for (const DbuPolygon& p : (Region({shape}) & Region(*query.window)).pieces())
          writer->polygon(layer, p, {}, {});
      else
        writer->polygon(layer, shape, {}, {});
    writer->end_cell();
    writer->finish();
    write_plain(folder / name, bytes);
  }
};

TEST_F(LayoutFlattening, FlattensAndCutsTheSame) {
  // Three levels with arrays, mirrors, magnification, any angle, paths of all ends, boxes, texts and properties. OASIS
  // has no round ends: KLayout writes discs for them.
  (void)klayout(R"(
['a.gds', 'a.oas'].each do |name|
  srand(7)
  l = RBA::Layout::new; l.dbu = 0.001
  la = [l.layer(1, 0), l.layer(2, 7)]
  pt = lambda { |n| RBA::Point::new(rand(2 * n) - n, rand(2 * n) - n) }
  cells = (0..2).map { |i| l.create_cell("C#{i}") }
  cells.each_with_index do |c, k|
    12.times do |i|
      s = c.shapes(la[i % 2]); a = pt.call(2000)
      s.insert(RBA::Box::new(a.x, a.y, a.x + 40 + rand(200), a.y + 30 + rand(200))).set_property(5, "note")
      s.insert(RBA::Polygon::new([a, RBA::Point::new(a.x + 90, a.y + 200), RBA::Point::new(a.x + 200, a.y)]))
      b = RBA::Point::new(a.x + 300, a.y); d = RBA::Point::new(b.x, b.y - 250)
      w = 2 * (5 + rand(20))
      s.insert(RBA::Path::new([a, b, d], w, [0, w / 2, 7][i % 3], [0, w / 2, -3][i % 3], i % 3 == 1 && name == 'a.gds'))
      s.insert(RBA::Text::new("t", RBA::Trans::new(a)))
    end
    next if k == 0
    5.times do |i|
      t = RBA::CplxTrans::new([1, 1, 0.5, 1, 1.25][i], [0, 90, 45, 270, 33.7][i], i.odd?, rand(20000) - 10000, rand(20000) - 10000)
      if i < 3
        c.insert(RBA::CellInstArray::new(cells[k - 1].cell_index, t, RBA::Vector::new(3000, 100), RBA::Vector::new(-50, 2500), 3, 2))
      else
        c.insert(RBA::CellInstArray::new(cells[rand(k)].cell_index, t))
      end
    end
  end
  l.write(name)
end
)");
  for (const std::string name : {"a.gds", "a.oas"}) {
    const auto file = open_layout(open_bytes(folder / name));
    const LayoutIndex index(*file);
    write_flat(index, {index.find(), {}, {}}, (name + "flat.gds").c_str());
    write_flat(index, {index.find(), {}, DbuBox{-5000, -4000, 9000, 6500}}, (name + "window.gds").c_str());
    std::string bytes;
    const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, file->dbu_nm());
    copy(*file, *writer);
    write_plain(folder / (name + "copy.gds"), bytes);
  }
  // Slanted edges are cut at points of the grid, so a window may differ by slivers thinner than a unit.
  EXPECT_EQ(klayout(R"(
box = RBA::Region::new(RBA::Box::new(-5000, -4000, 9000, 6500))
['a.gds', 'a.oas'].each do |name|
  a, c, f, w = ['', 'copy.gds', 'flat.gds', 'window.gds'].map { |n| l = RBA::Layout::new; l.read(name + n); l }
  [[1, 0], [2, 7]].each do |n, d|
    ra, rc, rf, rw = [a, c, f, w].map { |l| RBA::Region::new(l.top_cell.begin_shapes_rec(l.layer(n, d))) }
    print ra.area > 10**6, " ", [(ra ^ rc).count, (ra ^ rf).count, ((ra & box) ^ rw).sized(-1).count, (rw - box).count], "\n"
  end
end
)"),
            "true [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\n");
}

}  // namespace
}  // namespace anamorph
