# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# What differs between layouts: klayout -b -r differences.rb -rd list=FILE -rd result=FILE
# A line of the list: KIND FILE FILE. KIND xor: flattened regions and labels of each top cell and layer. KIND diff: cell by
# cell, with arrays, paths and
# properties. KIND cells: cell by cell, paths as what they cover, without properties.

def open_layout(file)
  ly = RBA::Layout.new
  ly.read(file)
  ly
end

def by_layer(ly)
  ly.layer_indexes.collect { |i| [[ly.get_info(i).layer, ly.get_info(i).datatype], i] }.to_h
end

def xor(a, b)
  found = []
  found << "unit #{a.dbu} #{b.dbu}" if (a.dbu - b.dbu).abs > 1e-12 * a.dbu
  tops_a = a.top_cells.collect { |c| c.name }.sort
  tops_b = b.top_cells.collect { |c| c.name }.sort
  found << "top cells #{tops_a} #{tops_b}" if tops_a != tops_b
  la, lb = by_layer(a), by_layer(b)
  (tops_a & tops_b).each do |top|
    (la.keys | lb.keys).each do |layer|
      regions, labels = [[a, la], [b, lb]].collect do |ly, layers|
        next [RBA::Region.new, []] unless layers[layer]
        cell = ly.cell(top)
        texts = []
        it = cell.begin_shapes_rec(layers[layer])
        it.shape_flags = RBA::Shapes::STexts
        while !it.at_end?
          t = it.itrans * it.shape.text_trans
          texts << [it.shape.text_string, t.disp.x, t.disp.y]
          it.next
        end
        [RBA::Region.new(cell.begin_shapes_rec(layers[layer])), texts.sort]
      end.transpose
      x = regions[0] ^ regions[1]
      found << "#{top} #{layer}: #{x.count} polygons, first #{x[0]}" unless x.is_empty?
      found << "#{top} #{layer}: labels #{(labels[0] - labels[1]).first} #{(labels[1] - labels[0]).first}" if labels[0] != labels[1]
    end
  end
  found
end

def diff(a, b, more)
  found = []
  d = RBA::LayoutDiff.new
  where = ""
  d.on_begin_cell { |x, y| where = x.name }
  d.on_cell_in_a_only { |c| found << "only a: #{c.name}" }
  d.on_cell_in_b_only { |c| found << "only b: #{c.name}" }
  d.on_dbu_differs { |x, y| found << "unit #{x} #{y}" }
  %w(box edge path polygon text instance cell layer).each do |what|
    %w(a b).each do |which|
      event = "on_#{what}_in_#{which}_only"
      d.send(event) { |*args| found << "#{where} #{event}: #{args[0]} properties #{args[1]}" } if d.respond_to?(event) && what != "cell"
    end
  end
  same = d.compare(a, b, RBA::LayoutDiff::Verbose | RBA::LayoutDiff::NoLayerNames | RBA::LayoutDiff::BoxesAsPolygons |
                   RBA::LayoutDiff::FlattenArrayInsts | RBA::LayoutDiff::NoTextOrientation | RBA::LayoutDiff::NoTextDetails | more)
  found << "differs" if !same && found.empty?
  found
end

File.open($result, "w") do |out|
  File.readlines($list).each do |line|
    kind, first, second = line.split
    begin
      a, b = open_layout(first), open_layout(second)
      found = case kind
              when "xor" then xor(a, b)
              when "cells" then diff(a, b, RBA::LayoutDiff::NoProperties | RBA::LayoutDiff::PathsAsPolygons)
              else diff(a, b, 0)
              end
    rescue => e
      found = [e.to_s]
    end
    out.puts "#{line.strip}: #{found.size} differences#{found.empty? ? '' : '; ' + found[0, 3].join('; ')}"
  end
end
