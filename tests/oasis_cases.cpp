// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "tests/oasis_cases.hpp"

#include "masks/layout_stream.hpp"

namespace anamorph::testing::oas {

namespace {

/// A rectangle 1/0 at (10, 20), 2 x 3, with a repetition.
std::string repeated(const std::string& repetition) {
  return cell(rec(20, rect("WHXYRDL"), 1, 0, 2, 3, Signed{10}, Signed{20}, Raw{repetition}));
}
const std::string at_10_20 = "cell A\n1/0 box 10,20 12,23";

void repetitions(std::vector<Case>& all) {
  all.push_back({"rep1", repeated(rec(1, 2, 1, 100, 50)), at_10_20 + " grid 4 x 100,0 by 3 x 0,50\n"});
  all.push_back({"rep2", repeated(rec(2, 0, 100)), at_10_20 + " grid 2 x 100,0 by 1 x 0,0\n"});
  all.push_back({"rep3", repeated(rec(3, 5, 7)), at_10_20 + " grid 1 x 0,0 by 7 x 0,7\n"});
  all.push_back({"rep4", repeated(rec(4, 2, 5, 10, 0)), at_10_20 + " at 0,0 5,0 15,0 15,0\n"});
  all.push_back({"rep5", repeated(rec(5, 1, 10, 5, 300)), at_10_20 + " at 0,0 50,0 3050,0\n"});
  all.push_back({"rep6", repeated(rec(6, 1, 5, 10)), at_10_20 + " at 0,0 0,5 0,15\n"});
  all.push_back({"rep7", repeated(rec(7, 0, 9, 4)), at_10_20 + " at 0,0 0,36\n"});
  // g-deltas: 16 x 3 + 2 x 2 = west by 3; form 2: 4 x 5 + 2 + 1 = -5 in x, then -7 in y.
  all.push_back({"rep8", repeated(rec(8, 0, 1, 16 * 3 + 2 * 2, 4 * 5 + 3, Signed{-7})),
                 at_10_20 + " grid 2 x -3,0 by 3 x -5,-7\n"});
  all.push_back({"rep9", repeated(rec(9, 3, 16 * 6 + 2 * 7)), at_10_20 + " grid 5 x 6,-6 by 1 x 0,0\n"});
  all.push_back(
      {"rep10", repeated(rec(10, 1, 16 * 8 + 2 * 5, 4 * 9 + 1, Signed{2})), at_10_20 + " at 0,0 -8,8 1,10\n"});
  all.push_back(
      {"rep11", repeated(rec(11, 1, 10, 16 * 8 + 2 * 6, 4 * 9 + 1, Signed{2})), at_10_20 + " at 0,0 -80,-80 10,-60\n"});
  all.push_back({"rep0",
                 cell(rec(20, rect("WHRDL"), 1, 0, 2, 3, 2, 1, 9, 20, rect("XR"), Signed{50}, 0, 20, rect("Y"),
                          Signed{5}, 20, rect("R"), 0)),
                 "cell A\n1/0 box 0,0 2,3 grid 3 x 9,0 by 1 x 0,0\n1/0 box 50,0 52,3 grid 3 x 9,0 by 1 x 0,0\n"
                 "1/0 box 50,5 52,8\n1/0 box 50,5 52,8 grid 3 x 9,0 by 1 x 0,0\n"});
}

void rectangles(std::vector<Case>& all) {
  all.push_back({"rectangle", cell(rec(20, rect("WHXYDL"), 300, 4, 10, 200, Signed{-5}, Signed{70})),
                 "cell A\n300/4 box -5,70 5,270\n"});
  all.push_back({"square",
                 cell(rec(20, rect("SWXYDL"), 1, 2, 10, Signed{5}, Signed{-70}, 20, rect("X"), Signed{7}, 20, rect("H"),
                          3, 20, rect("S"))),
                 "cell A\n1/2 box 5,-70 15,-60\n1/2 box 7,-70 17,-60\n1/2 box 7,-70 17,-67\n1/2 box 7,-70 17,-60\n"});
  all.push_back(
      {"relative",
       cell(rec(20, rect("WHXYDL"), 1, 2, 3, 4, Signed{100}, Signed{200}, 16, 20, rect("XY"), Signed{-10}, Signed{5},
                20, rect("Y"), Signed{1}, 15, 20, rect("X"), Signed{9})),
       "cell A\n1/2 box 100,200 103,204\n1/2 box 90,205 93,209\n1/2 box 90,206 93,210\n1/2 box 9,206 12,210\n"});
  all.push_back(
      {"wide integers",
       cell(rec(20, rect("WHXYDL"), Raw{"\x81\x80\x80"}, Raw{std::string("\0", 1)}, std::uint64_t{4294967295},
                std::uint64_t{1} << 40, std::uint64_t{1} << 33, Signed{-(std::int64_t{1} << 50)},
                Signed{(std::int64_t{1} << 58)})),
       "cell A\n1/4294967295 box -1125899906842624,288230376151711744 -1124800395214848,288230384741646336\n"});
}

void polygons(std::vector<Case>& all) {
  const auto drawn = [&](const char* name, const std::string& list, const std::string& points) {
    all.push_back({name, cell(rec(21, poly("PXYDL"), 1, 0, Raw{list}, Signed{100}, Signed{200})),
                   "cell A\n1/0 polygon " + points + "\n"});
  };
  drawn("list0", rec(0, 4, Signed{30}, Signed{20}, Signed{-10}, Signed{-5}),
        "100,200 130,200 130,220 120,220 120,215 100,215");
  drawn("list1", rec(1, 4, Signed{30}, Signed{20}, Signed{-10}, Signed{-5}),
        "100,200 100,230 120,230 120,220 115,220 115,200");
  drawn("list2", rec(2, 5, 4 * 10 + 0, 4 * 20 + 0, 4 * 7 + 1, 4 * 30 + 2, 4 * 2 + 3),
        "100,200 110,200 130,200 130,207 100,207 100,205");
  drawn("list3", rec(3, 7, 8 * 10 + 0, 8 * 3 + 4, 8 * 5 + 1, 8 * 2 + 5, 8 * 10 + 2, 8 * 4 + 6, 8 * 1 + 7),
        "100,200 110,200 113,203 113,208 111,210 101,210 97,206 98,205");
  drawn("list4", rec(4, 3, 16 * 10 + 2 * 0, 4 * 3 + 1, Signed{40}, 4 * 17 + 3, Signed{-4}),
        "100,200 110,200 113,240 96,236");
  drawn("list5", rec(5, 4, 16 * 10 + 2 * 0, 4 * 3 + 1, Signed{40}, 4 * 17 + 3, Signed{-4}, 4 * 8 + 3, Signed{-10}),
        "100,200 110,200 123,240 119,276 107,302");
  all.push_back({"polygon again",
                 cell(rec(21, poly("PXYDL"), 1, 0, 4, 2, 16 * 10, 16 * 10 + 2, Signed{1}, Signed{2}, 21, poly("XD"), 7,
                          Signed{50})),
                 "cell A\n1/0 polygon 1,2 11,2 11,12\n1/7 polygon 50,2 60,2 60,12\n"});
}

void paths(std::vector<Case>& all) {
  const std::string spine = rec(0, 2, Signed{100}, Signed{50});
  const auto drawn = [&](const char* name, const std::string& scheme, const std::string& extensions) {
    all.push_back({name, cell(rec(22, wire("EWPXYDL"), 1, 0, 10, Raw{scheme}, Raw{spine}, Signed{5}, Signed{6})),
                   "cell A\n1/0 path 20 " + extensions + " 5,6 105,6 105,56\n"});
  };
  drawn("path flush", rec(4 * 1 + 1), "0 0");
  drawn("path half", rec(4 * 2 + 2), "10 10");
  drawn("path own", rec(4 * 3 + 3, Signed{-4}, Signed{7}), "-4 7");
  drawn("path flush half", rec(4 * 1 + 2), "0 10");
  drawn("path half own", rec(4 * 2 + 3, Signed{25}), "10 25");
  drawn("path own flush", rec(4 * 3 + 1, Signed{25}), "25 0");
  all.push_back(
      {"path again",
       cell(rec(22, wire("EWPXYDL"), 1, 0, 10, 4 * 3 + 2, Signed{4}, 2, 2, 4 * 9, 4 * 5, Signed{0}, Signed{0}, 22,
                wire("Y"), Signed{30}, 22, wire("EW"), 6, 4 * 1 + 0, 22, wire("EP"), 4 * 0 + 2, 3, 1, 8 * 5 + 4)),
       "cell A\n1/0 path 20 4 10 0,0 9,0 14,0\n1/0 path 20 4 10 0,30 9,30 14,30\n"
       "1/0 path 12 0 10 0,30 9,30 14,30\n1/0 path 12 0 6 0,30 5,35\n"});
}

void trapezoids(std::vector<Case>& all) {
  const auto drawn = [&](const char* name, int record, const char* set, const std::string& deltas, const char* points) {
    all.push_back({name, cell(rec(record, trap(set), 1, 0, 100, 40, Raw{deltas}, Signed{10}, Signed{20})),
                   std::string("cell A\n1/0 polygon ") + points + "\n"});
  };
  // Box (10, 20) to (110, 60).
  drawn("trapezoid", 23, "WHXYDL", rec(Signed{10}, Signed{-20}), "10,20 110,20 90,60 20,60");
  drawn("trapezoid out", 23, "WHXYDL", rec(Signed{-10}, Signed{20}), "20,20 90,20 110,60 10,60");
  drawn("trapezoid a", 24, "WHXYDL", rec(Signed{30}), "10,20 110,20 110,60 40,60");
  drawn("trapezoid b", 25, "WHXYDL", rec(Signed{30}), "10,20 80,20 110,60 10,60");
  drawn("trapezoid upright", 23, "OWHXYDL", rec(Signed{10}, Signed{-20}), "10,30 110,20 110,60 10,40");
  drawn("trapezoid upright out", 23, "OWHXYDL", rec(Signed{-10}, Signed{20}), "10,20 110,30 110,40 10,60");
  drawn("trapezoid upright a", 24, "OWHXYDL", rec(Signed{30}), "10,50 110,20 110,60 10,60");
  drawn("trapezoid upright b", 25, "OWHXYDL", rec(Signed{30}), "10,20 110,20 110,30 10,60");
  drawn("trapezoid triangle", 23, "WHXYDL", rec(Signed{40}, Signed{-60}), "10,20 110,20 50,60");
  drawn("trapezoid that is a line", 23, "WHXYDL", rec(Signed{-100}, Signed{-100}), "110,20 110,20 10,60 10,60");
  all.push_back({"trapezoid without height",
                 cell(rec(23, trap("WHXYDL"), 1, 0, 100, 0, Signed{10}, Signed{-20}, Signed{10}, Signed{20})),
                 "cell A\n1/0 polygon 10,20 110,20 90,20 20,20\n"});
  // Compact ones: 100 x 40 lying, 40 x 100 upright; side by side.
  static constexpr const char* shapes[26] = {"0,0 100,0 60,40 0,40",
                                             "0,0 60,0 100,40 0,40",
                                             "0,0 100,0 100,40 40,40",
                                             "40,0 100,0 100,40 0,40",
                                             "0,0 100,0 60,40 40,40",
                                             "40,0 60,0 100,40 0,40",
                                             "0,0 60,0 100,40 40,40",
                                             "40,0 100,0 60,40 0,40",
                                             "0,0 40,0 40,60 0,100",
                                             "0,0 40,0 40,100 0,60",
                                             "0,0 40,40 40,100 0,100",
                                             "0,40 40,0 40,100 0,100",
                                             "0,0 40,40 40,60 0,100",
                                             "0,40 40,0 40,100 0,60",
                                             "0,0 40,40 40,100 0,60",
                                             "0,40 40,0 40,60 0,100",
                                             "0,0 40,0 0,40",
                                             "0,0 40,40 0,40",
                                             "0,0 40,0 40,40",
                                             "40,0 40,40 0,40",
                                             "0,0 200,0 100,100",
                                             "100,0 200,100 0,100",
                                             "0,0 40,40 0,80",
                                             "0,40 40,0 40,80",
                                             "0,0 40,100",
                                             "0,0 40,40"};
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (int i = 0; i < 26; ++i) result.push_back("ctrapezoid" + std::to_string(i));
    return result;
  }();
  for (int i = 0; i < 26; ++i) {
    const bool no_width = i == 20 || i == 21;
    const bool no_height = (i >= 16 && i < 20) || i == 22 || i == 23 || i == 25;
    std::string size;
    if (!no_width) size += rec(i < 8 ? 100 : 40);
    if (!no_height) size += rec(i < 8 ? 40 : 100);
    const std::string set = std::string("TDL") + (no_width ? "" : "W") + (no_height ? "" : "H");
    all.push_back({names[static_cast<std::size_t>(i)].c_str(), cell(rec(26, ctrap(set), 1, 0, i, Raw{size})),
                   std::string("cell A\n1/0 ") + (i < 24 ? "polygon " : "box ") + shapes[i] + "\n"});
  }
  all.push_back(
      {"ctrapezoid again",
       cell(rec(26, ctrap("TWHDL"), 1, 0, 24, 7, 9, 26, ctrap("X"), Signed{10}, 26, ctrap("TY"), 16, Signed{5})),
       "cell A\n1/0 box 0,0 7,9\n1/0 box 10,0 17,9\n1/0 polygon 10,5 17,5 10,12\n"});
}

void circles(std::vector<Case>& all) {
  // 32 sides around a circle of radius 5: corners at (2 i + 1) pi / 32, at a distance of 5 / cos(pi / 32), rounded.
  all.push_back({"circle", cell(rec(27, disc("rXYDL"), 1, 0, 5, Signed{100}, Signed{200}, 27, disc("Y"), Signed{0})),
                 "cell A\n1/0 polygon 100,205 101,205 102,204 103,204 104,203 104,202 105,201 105,200 105,199 104,198 "
                 "104,197 103,196 102,196 101,195 100,195 99,195 98,196 97,196 96,197 96,198 95,199 95,200 95,201 "
                 "96,202 96,203 97,204 98,204 99,205\n"
                 "1/0 polygon 100,5 101,5 102,4 103,4 104,3 104,2 105,1 105,0 105,-1 104,-2 104,-3 103,-4 102,-4 "
                 "101,-5 100,-5 99,-5 98,-4 97,-4 96,-3 96,-2 95,-1 95,0 95,1 96,2 96,3 97,4 98,4 99,5\n"});
  // Large ones, of odd radius and at odd places: what they cover is compared with others.
  std::string many, told = "cell A\n";
  for (const int radius : {1, 2, 3, 77, 1001, 123456}) {
    const DbuPoint at{400000 + 3 * radius, -7 * radius};
    many += rec(27, disc("rXYDL"), 1, 0, radius, Signed{at.x}, Signed{at.y});
    told += "1/0 polygon";
    for (const DbuPoint& p : outline({{at}, 2 * radius, radius, radius, true}))
      told += ' ' + std::to_string(p.x) + ',' + std::to_string(p.y);
    told += '\n';
  }
  all.push_back({"circles", cell(many), told});
}

void texts(std::vector<Case>& all) {
  all.push_back(
      {"text", cell(rec(19, label("CXYTL"), "hello", 5, 6, Signed{-1}, Signed{2}, 19, label("XR"), Signed{4}, 2, 0, 9)),
       "cell A\n5/6 text hello -1,2\n5/6 text hello 4,2 grid 2 x 9,0 by 1 x 0,0\n"});
  all.push_back(
      {"text by number before",
       file(rec(5, "zero", 5, "one", 14, "A", 19, label("CNXYTL"), 1, 5, 6, Signed{0}, Signed{0}, 19, label("CN"), 0)),
       "cell A\n5/6 text one 0,0\n5/6 text zero 0,0\n"});
  all.push_back({"text by number after",
                 file(rec(14, "A", 19, label("CNXYTL"), 70, 5, 6, Signed{0}, Signed{0}, 6, "b", 3, 6, "a", 70)),
                 "cell A\n5/6 text a 0,0\n"});
}

void placements(std::vector<Case>& all) {
  const std::string b = rec(14, "B", 20, rect("WHXYDL"), 1, 0, 10, 20, Signed{0}, Signed{0});
  const std::string of_b = "cell B\n1/0 box 0,0 10,20\n";
  for (unsigned quarter = 0; quarter < 4; ++quarter) {
    static constexpr const char* names[] = {"place 0", "place 90", "place 180", "place 270"};
    all.push_back({names[quarter],
                   file(b + rec(14, "A", 17, child("CXY", quarter), "B", Signed{5}, Signed{-6}, 17,
                                child("XF", quarter), Signed{50})),
                   of_b + "cell A\nplace B 5,-6\nplace B mirrored 50,-6\n"});
    if (quarter > 0) {
      std::string& told = all.back().told;
      const std::string angle = " angle " + std::to_string(90 * quarter);
      told = of_b + "cell A\nplace B" + angle + " 5,-6\nplace B" + angle + " mirrored 50,-6\n";
    }
  }
  all.push_back(
      {"place turned",
       file(b + rec(14, "A", 18, child18("CXYMA"), "B", 0, 2, 4, 61, 2, Signed{5}, Signed{-6}, 18, child18("AF"), 0, 45,
                    18, child18("M"), 2, 2, 18, child18("XYR"), Signed{0}, Signed{0}, 1, 1, 0, 100, 200)),
       of_b + "cell A\nplace B angle 30.5 times 2 5,-6\nplace B angle 45 mirrored 5,-6\nplace B times 0.5 5,-6\n"
              "place B 0,0 grid 3 x 100,0 by 2 x 0,200\n"});
  all.push_back({"cells by number",
                 file(rec(13, 1, 17, child("CNXY"), 0, Signed{1}, Signed{2}, 16, 17, child("XY"), Signed{10},
                          Signed{20}, 13, 0, 20, rect("SWDL"), 1, 0, 5, 3, "B", 3, "A")),
                 "cell A\nplace B 1,2\nplace B 11,22\ncell B\n1/0 box 0,0 5,5\n"});
  all.push_back({"cells by own number", file(rec(4, "A", 90, 4, "B", 70, 13, 90, 17, child("CN"), 70, 13, 70)),
                 "cell A\nplace B 0,0\ncell B\n"});
}

void properties(std::vector<Case>& all) {
  const std::string box = rec(20, rect("SWXYDL"), 1, 0, 5, Signed{0}, Signed{0});
  const std::string told = "cell A\n1/0 box 0,0 5,5";
  // All types of values: reals 0 to 7, integers, strings of three kinds, and their references.
  const std::string reals = rec(0, 5, 1, 6, 2, 4, 3, 8, 4, 3, 4, 5, 5, 8, 6, Raw{std::string("\0\0\x20\x40", 4)}, 7,
                                Raw{std::string("\0\0\0\0\0\0\xf8\x3f", 8)});
  const std::string others = rec(8, 70, 9, Signed{-7}, 10, "a s", 11, "b\n", 12, "n", 13, 0, 14, 1, 15, 0);
  all.push_back(
      {"property",
       file(rec(14, "A", Raw{box}, 28, prop("C", 8), "reals", Raw{reals}, 28, prop("C", 15), "others", 8, Raw{others},
                9, "ref0", 9, "ref1")),
       told + " {reals r5 r-6 r0.25 r-0.125 r0.75 r-0.625 r2.5 r1.5} {others u70 i-7 a s b\n n ref0 ref1 ref0}\n"});
  all.push_back({"property again",
                 file(rec(7, "n0", 7, "n1", 14, "A", Raw{box}, 28, prop("CN", 1), 1, 8, 3, 29, 28, prop("VCN", 0), 0,
                          28, prop("", 2), 8, 1, 8, 2, 20, rect("X"), Signed{9}, 29)),
                 told + " {n1 u3} {n1 u3} {n0 u3} {n0 u1 u2}\n1/0 box 9,0 14,5 {n0 u1 u2}\n"});
  all.push_back({"property of gdsii",
                 file(rec(14, "A", Raw{box}, 28, prop("CNS", 2), 30, 8, 7, 11, "seven", 8, "S_GDS_PROPERTY", 30)),
                 told + " {S_GDS_PROPERTY u7 seven}\n"});
  // S_TOP_CELL, S_CELL_OFFSET and S_BOUNDING_BOX tell of this file, not of its content.
  all.push_back({"property of file and cell",
                 file(rec(28, prop("C", 1), "mine", 10, "f", 28, prop("CS", 1), "S_TOP_CELL", 12, "A", 13, 0, 28,
                          prop("C", 1), "inside", 10, "x", Raw{box}, 3, "A", 28, prop("CS", 1), "S_CELL_OFFSET", 8, 9,
                          28, prop("C", 1), "outside", 10, "y")),
                 "file {mine f}\ncell A {inside x} {outside y}\n1/0 box 0,0 5,5\n"});
}

void others(std::vector<Case>& all) {
  const std::string box = rec(20, rect("SWXYDL"), 1, 0, 5, Signed{0}, Signed{0});
  const std::string again = rec(20, rect("X"), Signed{9});
  const std::string told = "cell A\n1/0 box 0,0 5,5\n1/0 box 9,0 14,5\n";
  all.push_back({"pad", cell(rec(0, 0, Raw{box}, 0, Raw{again}, 0)), told});
  all.push_back({"extensions",
                 file(rec(30, 5, "any", 31, 6, "other", 3, 28, prop("C", 0), "of it") + rec(14, "A") + box +
                      rec(32, 7, "element", 28, prop("C", 0), "of the element") +
                      rec(33, bits("000XYRDL", "XYRDL"), 8, 1, 0, "geometry", Signed{4}, Signed{0}, 2, 0, 9) + again),
                 told});
  all.push_back({"names of layers",
                 file(rec(11, "m", 0, 3, 5, 12, "t", 4, 1, 2, 1, 9, 11, "k", 2, 7, 0, 28, prop("C", 0), "p") +
                      rec(14, "A") + box + again),
                 told});
  // A stored block of DEFLATE: 1, length, its complement, the bytes.
  const auto stored = [](const std::string& bytes) {
    const auto n = static_cast<unsigned>(bytes.size());
    std::string packed = "\x01";
    for (const unsigned v : {n & 255, n >> 8, ~n & 255, (~n >> 8) & 255}) packed += static_cast<char>(v);
    packed += bytes;
    return rec(34, 0, bytes.size(), packed);
  };
  all.push_back({"cblock", cell(stored(box + again)), told});
  all.push_back({"cblocks", cell(stored(box) + stored("") + stored(again)), told});
  // With codes of fixed lengths: the bytes 0 0 0 0 (PAD) as made by hand: 3 bits head 110, four times 00110000,
  // 0000000.
  all.push_back({"cblock of codes", cell(box + rec(34, 0, 4, std::string("\x63\x60\x60\x60\0\0", 6)) + again), told});
  all.push_back({"cell in cblock", file(stored(rec(14, "B") + box + rec(14, "A") + box + again)),
                 "cell B\n1/0 box 0,0 5,5\n" + told});
  all.push_back({"cell over cblocks", file(stored(rec(14, "B") + box) + stored(again + rec(14, "A") + box) + again),
                 "cell B\n1/0 box 0,0 5,5\n1/0 box 9,0 14,5\n" + told});
  all.push_back({"names in cblock", file(stored(rec(3, "A")) + rec(13, 0) + stored(box) + again), told});
  all.push_back({"crc", file(rec(14, "A") + box + again, 1), told});
  all.push_back({"checksum", file(rec(14, "A") + box + again, 2), told});
  const std::string head = magic + rec(1, "1.0", 0, 1000, 1);
  const std::string body = rec(14, "A") + box + again;
  all.push_back({"offsets in end",
                 ended(head + body + rec(3, "A"), 1, rec(1, head.size() + body.size(), 1, 0, 1, 0, 1, 0, 1, 0, 1, 0)),
                 told});
}

}  // namespace

std::vector<Case> cases() {
  std::vector<Case> all;
  repetitions(all);
  rectangles(all);
  polygons(all);
  paths(all);
  trapezoids(all);
  circles(all);
  texts(all);
  placements(all);
  properties(all);
  others(all);
  return all;
}

}  // namespace anamorph::testing::oas
