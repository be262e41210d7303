# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Layouts of all that KLayout can draw, written in OASIS with every option and in GDSII: klayout -b -r layouts.rb -rd folder=DIR
# DIR/list.txt names the files.

def draw(seed)
  r = Random.new(seed)
  at = lambda { RBA::Point.new(r.rand(-20000..20000), r.rand(-20000..20000)) }
  ly = RBA::Layout.new
  ly.dbu = [0.001, 0.00025, 0.005][seed % 3]
  layers = [[1, 0], [1, 7], [63, 255], [200, 1]].collect { |l, d| ly.layer(l, d) }
  cells = (0...3).collect { |i| ly.create_cell("C#{seed}_#{i}") }
  cells.each_with_index do |cell, level|
    50.times do
      shapes = cell.shapes(layers[r.rand(layers.size)])
      p = at.call
      shape = case r.rand(9)
      when 0 then RBA::Box.new(p, p + RBA::Vector.new(r.rand(1..900), r.rand(1..900)))
      when 1 then w = r.rand(1..50) * 10; RBA::Box.new(p, p + RBA::Vector.new(w, w))
      when 2 # staircase
        pts = [p]; r.rand(2..5).times { pts << pts[-1] + RBA::Vector.new(r.rand(10..400), 0); pts << pts[-1] + RBA::Vector.new(0, r.rand(10..400)) }
        RBA::Polygon.new(pts + [RBA::Point.new(p.x, pts[-1].y)])
      when 3 then w, h, a = r.rand(500..900), r.rand(50..90), r.rand(0..100) # trapezoids
        flat = [[0, 0], [w, 0], [w - a, h], [a / 2, h]]
        flat = flat.collect { |x, y| [y, x] } if r.rand(2) == 1
        RBA::Polygon.new(flat.collect { |x, y| p + RBA::Vector.new(x, y) })
      when 4 then RBA::Polygon.ellipse(RBA::Box.new(p, p + RBA::Vector.new(r.rand(100..3000), r.rand(100..3000))), r.rand(5..40))
      when 5 # a hole
        q = RBA::Polygon.new(RBA::Box.new(p, p + RBA::Vector.new(1000, 800)))
        q.insert_hole(RBA::Box.new(p + RBA::Vector.new(200, 100), p + RBA::Vector.new(700, 500))); q
      when 6 # octangular or any
        d = r.rand(2); v = [p]
        r.rand(3..6).times { s = r.rand(20..300); v << v[-1] + (d == 0 ? RBA::Vector.new([-s, 0, s][r.rand(3)], s) : RBA::Vector.new(r.rand(-300..300), r.rand(1..300))) }
        RBA::Polygon.new(v + [RBA::Point.new(p.x - 600, v[-1].y), RBA::Point.new(p.x - 700, p.y - 10)])
      when 7 # wires: flush, square, own extensions
        w = r.rand(1..60) * 2
        ends = [[0, 0], [w / 2, w / 2], [r.rand(0..90), r.rand(0..90)], [0, w / 2]][r.rand(4)]
        v = [p]; r.rand(1..4).times { |i| s = r.rand(200..900); v << v[-1] + [RBA::Vector.new(s, 0), RBA::Vector.new(0, s), RBA::Vector.new(s, s), RBA::Vector.new(s, -s / 2)][r.rand(4)] }
        RBA::Path.new(v, w, ends[0], ends[1], false)
      else RBA::Text.new("label #{r.rand(9)}", RBA::Trans.new(p.x, p.y))
      end
      s = shapes.insert(shape)
      s.set_property(r.rand(1..99), "value #{r.rand(4)}") if r.rand(6) == 0
      s.set_property("net", ["vdd", 17, 2.5, -4][r.rand(4)]) if r.rand(9) == 0
    end
    # Rows, grids and clouds of one shape, for KLayout to find repetitions in.
    40.times { |i| cell.shapes(layers[0]).insert(RBA::Box.new(50 * i, -30000, 50 * i + 20, -29900)) }
    (0...8).each { |i| (0...6).each { |j| cell.shapes(layers[1]).insert(RBA::Polygon.new([RBA::Point.new(0, 0), RBA::Point.new(9, 20), RBA::Point.new(30, 4)]).moved(70 * i, 40000 + 90 * j)) } }
    30.times { p = at.call; cell.shapes(layers[2]).insert(RBA::Box.new(p, p + RBA::Vector.new(11, 13))) }
    20.times { p = at.call; cell.shapes(layers[2]).insert(RBA::Path.new([p, p + RBA::Vector.new(77, 0)], 10)) }
    20.times { |i| cell.shapes(layers[3]).insert(RBA::Text.new("same", RBA::Trans.new(i * 100, 7))) }
    next if level == 0
    9.times do
      child = cells[r.rand(level)].cell_index
      p = at.call
      rot = r.rand(4); mir = r.rand(2) == 1
      inst = case r.rand(6)
      when 0 then RBA::CellInstArray.new(child, RBA::Trans.new(rot, mir, p.x, p.y))
      when 1 then RBA::CellInstArray.new(child, RBA::Trans.new(rot, mir, p.x, p.y), RBA::Vector.new(r.rand(100..9000), 0), RBA::Vector.new(0, r.rand(100..9000)), r.rand(1..3), r.rand(1..3))
      when 2 then RBA::CellInstArray.new(child, RBA::Trans.new(rot, mir, p.x, p.y), RBA::Vector.new(r.rand(-9000..9000), r.rand(-900..900)), RBA::Vector.new(r.rand(-900..900), r.rand(-9000..9000)), 2, 2)
      when 3 then RBA::CellInstArray.new(child, RBA::CplxTrans.new([1, 2, 0.5][r.rand(3)], [0, 90, 45, 30][r.rand(4)], mir, RBA::DVector.new(p.x, p.y)))
      when 4 then RBA::CellInstArray.new(child, RBA::CplxTrans.new(1.5, 90, mir, RBA::DVector.new(p.x, p.y)), RBA::Vector.new(5000, 0), RBA::Vector.new(0, 6000), 2, 2)
      else 4.times { q = at.call; cell.insert(RBA::CellInstArray.new(child, RBA::Trans.new(rot, mir, q.x, q.y))) }; nil
      end
      next unless inst
      i = cell.insert(inst)
      i.set_property(5, "of a placement") if r.rand(4) == 0
    end
  end
  # What is far away stays exact.
  cells[-1].shapes(layers[0]).insert(RBA::Box.new(2000000000, -2000000000, 2000000100, -1999999900))
  ly
end

names = []
save = lambda do |ly, name, o|
  ly.write("#{$folder}/#{name}", o)
  names << name
end
(0..2).each do |seed|
  ly = draw(seed)
  (0..9).each do |level|
    [true, false].each do |cblocks|
      [true, false].each do |strict|
        next if seed != level % 3
        o = RBA::SaveLayoutOptions.new
        o.format = "OASIS"
        o.oasis_compression_level = level
        o.oasis_write_cblocks = cblocks
        o.oasis_strict_mode = strict
        o.oasis_write_std_properties = level % 2 == 0
        save.call(ly, "k#{seed}_#{level}_#{cblocks ? 'cblocks' : 'plain'}_#{strict ? 'strict' : 'loose'}.oas", o)
      end
    end
  end
  o = RBA::SaveLayoutOptions.new
  o.format = "GDS2"
  save.call(ly, "k#{seed}.gds", o)
end
File.write("#{$folder}/list.txt", names.join("\n") + "\n")
