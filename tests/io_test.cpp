// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>
#include <png.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/gds.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/metrics_json.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plots.hpp"
#include "cpp/io/png.hpp"
#include "cpp/io/report.hpp"
#include "cpp/io/run_directory.hpp"
#include "cpp/io/sha256.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

using Io = FolderTest;

// --- SHA-256: the examples of FIPS 180-4 as published by NIST ---

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
                   "mnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  const std::string text(200, 'x');
  for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut));
    hash.update(std::string_view(text).substr(cut));
    EXPECT_EQ(hash.finish(), sha256(text)) << cut;
  }
}

// --- Files and run directory ---

TEST_F(Io, AtomicFileAppearsOnlyWhenComplete) {
  const fs::path path = folder / "a.txt";
  write_file_atomic(path, "old");
  {
    AtomicFile file(path);
    file.write("half of the new");
    EXPECT_EQ(read_all(path), "old");
  }
  EXPECT_EQ(read_all(path), "old");
  EXPECT_EQ(entries(), 1) << "the temporary file must go";
  write_file_atomic(path, "new");
  EXPECT_EQ(read_all(path), "new");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Io, AtomicFileNamesThePathAndTheReason) {
  const fs::path path = folder / "absent" / "a.txt";
  const Error error = error_of([&] { write_file_atomic(path, "x"); });
  EXPECT_EQ(error.code(), ErrorCode::resource);
  EXPECT_EQ(error.where().file, path.string());
  EXPECT_NE(std::string(error.what()).find("No such file or directory"), std::string::npos) << error.what();
}

TEST_F(Io, AtomicFileLeavesNothingWhenTheDiskIsFull) {
  // A limit on the size of files stands for the full disk; both make write(2) fail half-way.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Error error = error_of([&] { write_file_atomic(folder / "a.bin", std::string(10000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.code(), ErrorCode::resource);
  EXPECT_EQ(entries(), 0);
}

TEST_F(Io, RunDirectoryListsItsFiles) {
  RunDirectory run(folder / "runs" / "a", false);
  run.write("metrics.json", "{}");
  write_npy(run.add("case/mask.npy"), Bitmap(1, 1));
  run.write("metrics.json", "abc");
  const std::vector<RunDirectory::File> files = run.files();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "metrics.json");
  EXPECT_EQ(files[0].bytes, 3u);
  EXPECT_EQ(files[0].sha256, sha256("abc"));
  EXPECT_EQ(files[1].bytes, 129u);
}

TEST_F(Io, RunDirectoryIsNotOverwrittenUnlessForced) {
  write_plain(folder / "notes.txt", "mine");
  write_plain(folder / "run.json", "old");
  write_plain(folder / "report.html", "old");
  EXPECT_EQ(error_of([&] { RunDirectory(folder, false); }).code(), ErrorCode::usage);
  EXPECT_EQ(read_all(folder / "run.json"), "old");
  RunDirectory run(folder, true);
  EXPECT_FALSE(fs::exists(folder / "run.json")) << "it says that a run is complete";
  EXPECT_EQ(read_all(folder / "notes.txt"), "mine");
  EXPECT_EQ(read_all(folder / "report.html"), "old");
  run.write("report.html", "new");
  EXPECT_EQ(read_all(folder / "report.html"), "new");
  fs::create_directory(folder / "empty");
  EXPECT_NO_THROW(RunDirectory(folder / "empty", false));
  EXPECT_TRUE(fs::exists(folder / "empty")) << "it was there before";
}

TEST_F(Io, RunDirectoryWithoutFilesGoesWithTheParentsMadeForIt) {
  { RunDirectory unused(folder / "runs" / "a", false); }
  EXPECT_EQ(entries(), 0);
  { RunDirectory(folder / "runs" / "a", false).write("metrics.json", "{}"); }
  EXPECT_TRUE(fs::exists(folder / "runs/a/metrics.json"));
}

TEST_F(Io, RunDirectoryThatCannotBeWrittenIsFoundAtOnce) {
  write_plain(folder / "file", "");
  EXPECT_EQ(error_of([&] { RunDirectory(folder / "file" / "run", false); }).code(), ErrorCode::resource);
  EXPECT_EQ(error_of([&] { RunDirectory(folder / "file", true); }).code(), ErrorCode::resource);
  if (::geteuid() == 0) return;  // root writes everywhere
  fs::create_directory(folder / "locked");
  fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(error_of([&] { RunDirectory(folder / "locked", false); }).code(), ErrorCode::resource);
}

TEST(RunDirectory, IsNamedByVerbLayoutAndTime) {
  EXPECT_EQ(utc_time(951782399), "2000-02-28T23:59:59Z");
  EXPECT_EQ(utc_time(951782400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(default_run_directory("ilt", "M1_test1", 951782400), fs::path("runs/ilt-M1_test1-20000229T000000Z"));
}

// --- NPY ---

TEST_F(Io, NpyBitmapIsTheDocumentedFormat) {
  Bitmap image(2, 3);
  image(1, 2) = 1;
  write_npy(folder / "a.npy", image);
  const std::string bytes = read_all(folder / "a.npy");
  ASSERT_EQ(bytes.size(), 128u + 6u);
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 58), "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), ");
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_EQ(bytes.substr(128), std::string("\0\0\0\0\0\1", 6));
  EXPECT_EQ(read_npy_bitmap(folder / "a.npy"), image);
}

TEST_F(Io, NpyStackIsConditionRowColumn) {
  Image<double> a(2, 2, 0.25);
  Image<double> b(2, 2, -1);
  b(0, 1) = 7;
  const auto image = [&](int i) { return i == 0 ? a : b; };
  write_npy(folder / "a.npy", 2, 2, 2, false, image);
  const std::string bytes = read_all(folder / "a.npy");
  EXPECT_NE(bytes.find("'<f8', 'fortran_order': False, 'shape': (2, 2, 2)"), std::string::npos);
  std::vector<double> values(8);
  ASSERT_EQ(bytes.size(), 128u + 64u);
  std::copy_n(bytes.data() + 128, 64, reinterpret_cast<char*>(values.data()));
  EXPECT_EQ(values, (std::vector<double>{0.25, 0.25, 0.25, 0.25, -1, 7, -1, -1}));
  write_npy(folder / "single.npy", 2, 2, 2, true, image);
  EXPECT_EQ(fs::file_size(folder / "single.npy"), 128u + 32u);
  const auto other = [&](int i) { return i == 0 ? a : Image<double>(1, 2); };
  EXPECT_THROW(write_npy(folder / "b.npy", 2, 2, 2, false, other), Error);
  EXPECT_FALSE(fs::exists(folder / "b.npy"));
}

std::string npy(const std::string& header, const std::string& data) {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

TEST_F(Io, NpyReaderTakesTheFourTypes) {
  const auto read = [&](const std::string& bytes) {
    write_plain(folder / "a.npy", bytes);
    return read_npy(folder / "a.npy");
  };
  const float f[2] = {1.5f, -2.0f};
  const double d[2] = {0.1, 1e300};
  const std::string floats(reinterpret_cast<const char*>(f), sizeof f);
  const std::string doubles(reinterpret_cast<const char*>(d), sizeof d);
  EXPECT_EQ(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", floats))(0, 1), -2);
  EXPECT_EQ(read(npy("{\"shape\":(2,1),\"descr\":\"<f8\",\"fortran_order\":False}\n", doubles))(1, 0), 1e300);
  EXPECT_EQ(read(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1, 1), }", "\x01"))(0, 0), 1);
  EXPECT_EQ(read(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1), }", "\xff"))(0, 0), 255);
}

TEST_F(Io, NpyReaderRefusesWhatIsNotSuchAnArray) {
  const auto id = [&](const std::string& bytes) {
    write_plain(folder / "bad.npy", bytes);
    const Error error = error_of([&] { (void)read_npy_bitmap(folder / "bad.npy"); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.where().file, (folder / "bad.npy").string());
    return error.id();
  };
  const auto of = [](const std::string& type, const std::string& order, const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  const std::string good = npy(of("|u1", "False", "(1, 2)"), std::string(2, '\0'));
  write_plain(folder / "good.npy", good);
  EXPECT_NO_THROW((void)read_npy_bitmap(folder / "good.npy"));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(id(good.substr(0, n)).empty()) << "cut to " << n;
  EXPECT_EQ(id(good + "x"), "NPY-0005");
  EXPECT_EQ(id("PNG" + good), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "True", "(1, 2)"), std::string(2, '\0'))), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(2,)"), std::string(2, '\0'))), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(1, 1, 2)"), std::string(2, '\0'))), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(0, 2)"), "")), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(-1, 2)"), "")), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(4294967297, 2)"), "")), "NPY-0003");
  EXPECT_EQ(id(npy(of("|u1", "False", "(2147483647, 2147483647)"), "")), "NPY-0005");
  EXPECT_EQ(id(npy(of("|u1", "False", "(1, 2)") + "x", std::string(2, '\0'))), "NPY-0003");
  EXPECT_EQ(id(npy("{'descr': '|u1', 'shape': (1, 2)}", std::string(2, '\0'))), "NPY-0003");
  EXPECT_EQ(id(npy(of(">f4", "False", "(1, 1)"), std::string(4, '\0'))), "NPY-0004");
  EXPECT_EQ(id(npy(of("<i8", "False", "(1, 1)"), std::string(8, '\0'))), "NPY-0004");
  EXPECT_EQ(id(npy(of("|u1", "False", "(1, 2)"), std::string("\0\2", 2))), "NPY-0006");
  EXPECT_EQ(error_of([&] { (void)read_npy(folder / "absent.npy"); }).id(), "NPY-0002");
  EXPECT_EQ(error_of([&] { (void)read_npy(folder); }).code(), ErrorCode::input);
}

// --- GDSII ---

double total_area(const std::vector<Polygon>& polygons) {
  return std::accumulate(polygons.begin(), polygons.end(), 0.0,
                         [](double sum, const Polygon& p) { return sum + signed_area(p); });
}

Polygon ellipse(Point centre, double rx, double ry, int n, bool hole = false) {
  Polygon polygon;
  for (int i = 0; i < n; ++i) {
    const double t = (hole ? -1 : 1) * 2 * 3.14159265358979323846 * i / n;
    polygon.push_back({centre.x + rx * std::cos(t), centre.y + ry * std::sin(t)});
  }
  return polygon;
}

Polygon box(double x0, double y0, double x1, double y1, bool hole = false) {
  Polygon polygon{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
  if (hole) std::reverse(polygon.begin(), polygon.end());
  return polygon;
}

/// Reads back what write_gds() makes; an own reader, so that a mistake is not made twice.
struct GdsFile {
  explicit GdsFile(const std::string& bytes) {
    std::size_t at = 0;
    int layer = 0;
    while (at + 4 <= bytes.size()) {
      const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i]));
      };
      const auto word = [&](std::size_t i) {
        return static_cast<std::int32_t>((byte(i) << 24) | (byte(i + 1) << 16) | (byte(i + 2) << 8) | byte(i + 3));
      };
      const std::size_t length = byte(0) * 256 + byte(1);
      if (length < 4 || length % 2 != 0 || at + length > bytes.size()) return;
      const std::uint32_t type = byte(2);
      types.push_back(type);
      if (type == 0x03)
        for (const std::size_t i : {4u, 12u}) {
          double mantissa = 0;
          for (std::size_t k = 7; k >= 1; --k) mantissa = (mantissa + byte(i + k)) / 256;
          units.push_back(mantissa * std::pow(16.0, static_cast<int>(byte(i) & 127) - 64));
        }
      if (type == 0x06) cell = bytes.substr(at + 4, length - 4).c_str();
      if (type == 0x0D) layer = static_cast<int>(byte(4) * 256 + byte(5));
      if (type == 0x10) {
        Polygon p;
        for (std::size_t i = 4; i + 8 <= length; i += 8)
          p.push_back({static_cast<double>(word(i)), static_cast<double>(word(i + 4))});
        EXPECT_EQ(p.front(), p.back());
        p.pop_back();
        layers.resize(std::max<std::size_t>(layers.size(), static_cast<std::size_t>(layer) + 1));
        layers[static_cast<std::size_t>(layer)].push_back(p);
      }
      at += length;
    }
    complete = at == bytes.size() && !types.empty() && types.back() == 0x04;
  }
  std::vector<std::uint32_t> types;
  std::vector<double> units;
  std::string cell;
  std::vector<std::vector<Polygon>> layers;
  bool complete = false;
};

TEST_F(Io, GdsFileHoldsTheLayers) {
  const std::vector<Polygon> frame{box(-50, -50, 50, 50), box(-20, -20, 20, 20, true)};
  write_gds(folder / "a.gds", "TOP", {{1, 0, frame}, {7, 2, {ellipse({100, 0}, 30, 30, 12000)}}}, 0.25);
  const std::string bytes = read_all(folder / "a.gds");
  const GdsFile file(bytes);
  ASSERT_TRUE(file.complete);
  EXPECT_EQ(file.cell, "TOP");
  ASSERT_EQ(file.units.size(), 2u);
  EXPECT_DOUBLE_EQ(file.units[0], 0.25e-3);
  EXPECT_NEAR(file.units[1], 0.25e-9, 1e-24);
  ASSERT_EQ(file.layers.size(), 8u);
  EXPECT_DOUBLE_EQ(total_area(file.layers[1]) * 0.25 * 0.25, 8400);
  EXPECT_NEAR(total_area(file.layers[7]) * 0.25 * 0.25, 900 * 3.14159265358979323846, 190 * 0.25);
  write_gds(folder / "b.gds", "TOP", {{1, 0, frame}, {7, 2, {ellipse({100, 0}, 30, 30, 12000)}}}, 0.25);
  EXPECT_EQ(read_all(folder / "b.gds"), bytes) << "the same input must give the same bytes";
}

TEST_F(Io, GdsFileOpensInKLayout) {
  if (std::system("command -v klayout > /dev/null 2>&1") != 0) GTEST_SKIP() << "klayout is not installed";
  std::vector<Polygon> region{ellipse({1000, 1000}, 900, 800, 9001), box(3000, 0, 3100, 100)};
  for (int i = 0; i < 4; ++i) region.push_back(ellipse({500.0 + 300 * i, 1000}, 100, 200, 333, true));
  write_gds(folder / "a.gds", "TOP", {{11, 3, region}}, 0.05);
  write_plain(folder / "area.py",
              "import pya\n"
              "l = pya.Layout(); l.read('" +
                  (folder / "a.gds").string() +
                  "')\n"
                  "c = l.top_cell()\n"
                  "r = pya.Region(c.begin_shapes_rec(l.find_layer(11, 3)))\n"
                  "raw = sum(s.polygon.area() for s in c.shapes(l.find_layer(11, 3)).each())\n"
                  "open('" +
                  (folder / "out.txt").string() + "', 'w').write('%s %.17g %d %d' % (c.name, l.dbu, r.area(), raw))\n");
  const std::string command = "klayout -b -r '" + (folder / "area.py").string() + "' > /dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream in(folder / "out.txt");
  std::string cell;
  double dbu = 0;
  double merged = 0;
  double raw = 0;
  in >> cell >> dbu >> merged >> raw;
  EXPECT_EQ(cell, "TOP");
  EXPECT_NEAR(dbu, 0.05e-3, 1e-12);
  EXPECT_NEAR(merged, raw, 0.5 * 16) << "pieces overlap";               // KLayout rounds the area of each piece
  EXPECT_NEAR(merged * 0.05 * 0.05, total_area(region), 0.05 * 10000);  // dbu times the perimeter
}

// --- Pictures ---

Picture decode(const std::string& bytes, bool* indexed = nullptr) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0);
  if (indexed) *indexed = (image.format & PNG_FORMAT_FLAG_COLORMAP) != 0;
  image.format = PNG_FORMAT_RGB;
  Picture picture(static_cast<int>(image.height), static_cast<int>(image.width));
  EXPECT_NE(png_image_finish_read(&image, nullptr, picture.data(), 0, nullptr), 0);
  return picture;
}

TEST(Png, KeepsEveryPixel) {
  for (const int colours : {2, 3, 200, 256, 257, 2000}) {
    Picture picture(50, 41);
    for (int i = 0; i < 50 * 41; ++i) {
      const int c = i % colours;
      picture.data()[i] = {static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c >> 8), 77};
    }
    bool indexed = false;
    EXPECT_EQ(decode(encode_png(picture), &indexed), picture) << colours;
    EXPECT_EQ(indexed, colours <= 256);
  }
}

TEST(Pictures, ShowTheLowestRowAtTheBottomAndKeepTheMean) {
  Bitmap bitmap(6, 9);
  bitmap(0, 0) = 1;  // lowest y, lowest x
  const Picture large = render_bitmap(bitmap, 18, {0, 0, 0}, {255, 255, 255});
  ASSERT_EQ(large.ny(), 12);
  EXPECT_EQ(large(11, 0).r, 255);
  EXPECT_EQ(large(10, 1).r, 255);
  EXPECT_EQ(large(9, 0).r, 0);
  EXPECT_EQ(large(0, 0).r, 0);
  const Picture small = render_bitmap(Bitmap(9, 9, 1), 4, {0, 0, 0}, {200, 100, 0});
  EXPECT_TRUE(std::all_of(small.begin(), small.end(), [](Rgb c) { return c == Rgb{200, 100, 0}; }));
  Bitmap half(4, 4);
  for (int y = 0; y < 4; ++y) half(y, 0) = 1;
  EXPECT_NEAR(render_bitmap(half, 2, {0, 0, 0}, {255, 255, 255})(0, 0).r, 127.5, 9) << "half covered";
}

TEST(Pictures, BandIsUnionMinusIntersection) {
  std::vector<ConditionResult> conditions(3);
  for (ConditionResult& c : conditions) c.print = Bitmap(1, 3);
  for (ConditionResult& c : conditions) c.print(0, 0) = 1;
  conditions[2].print(0, 1) = 1;
  const Picture picture = render_pvband(conditions, 3);
  EXPECT_EQ(picture(0, 0), palette::print);
  EXPECT_EQ(picture(0, 1), palette::band);
  EXPECT_EQ(picture(0, 2), palette::ground);
}

TEST(Pictures, IntensityColoursGrowLighterEvenly) {
  const auto lightness = [](Rgb c) {  // CIE L* of sRGB
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    const double y = 0.2126 * linear(c.r / 255.0) + 0.7152 * linear(c.g / 255.0) + 0.0722 * linear(c.b / 255.0);
    return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
  };
  double before = lightness(intensity_colour(0));
  const double whole = lightness(intensity_colour(1)) - before;
  EXPECT_GT(whole, 80);
  for (int i = 1; i <= 20; ++i) {
    const double now = lightness(intensity_colour(i / 20.0));
    EXPECT_NEAR((now - before) / (whole / 20), 1, 0.45) << i;  // eight bits and the two definitions of lightness differ
    before = now;
  }
}

TEST(Pictures, OutlinesEncloseThePixels) {
  const Grid grid{100, 200, 5, 4, 2};
  Bitmap bitmap(4, 5);
  for (const auto& [y, x] : {std::pair(0, 0), {0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 0}, {2, 1}, {2, 2}, {3, 3}})
    bitmap(y, x) = 1;
  const std::vector<Polygon> outlines = pixel_outlines(bitmap, grid);
  ASSERT_EQ(outlines.size(), 3u);  // a ring: outside and hole; and a pixel that touches it at a corner
  EXPECT_EQ(total_area(outlines), 9 * 4);
  EXPECT_EQ(outlines[0], box(100, 200, 106, 206));
  EXPECT_EQ(signed_area(outlines[1]), -4);
  EXPECT_EQ(outlines[2], box(106, 206, 108, 208));
  EXPECT_EQ(total_area(pixel_outlines(Bitmap(4, 5, 1), grid)), 80);
}

TEST(Pictures, RoundLengths) {
  EXPECT_DOUBLE_EQ(round_length(409.6), 200);
  EXPECT_DOUBLE_EQ(round_length(500), 500);
  EXPECT_DOUBLE_EQ(round_length(0.019), 0.01);
}

// --- Results ---

ClipResult small_clip() {
  ClipResult clip;
  clip.name = "a<b>&\"c\"";
  clip.verb = "ilt";
  clip.grid = {-100, 50, 200, 200, 2};
  clip.threshold = 0.225;
  clip.target = clip.mask = Bitmap(200, 200);
  for (int y = 90; y < 110; ++y)
    for (int x = 60; x < 120; ++x) clip.target(y, x) = clip.mask(y, x) = 1;
  for (const double dose : {1.0, 1.02, 0.98}) {
    ConditionResult c{"dose " + std::to_string(dose), dose, 0, Image<double>(200, 200), Bitmap(200, 200)};
    for (int y = 0; y < 200; ++y)
      for (int x = 0; x < 200; ++x) {
        c.aerial(y, x) = dose * std::exp(-std::pow((x - 90) / 40.0, 4) - std::pow((y - 100) / 14.0, 2));
        c.print(y, x) = c.aerial(y, x) >= 0.225;
      }
    clip.conditions.push_back(std::move(c));
  }
  clip.sites = {{{80, 270}, 0, 1, 5, false}, {{80, 230}, 0, -1, -3, false}, {{140, 250}, 1, 0, NAN, true}};
  clip.metrics = {
      {"l2_nm2", 1234}, {"pvband_nm2", 567.5}, {"epe_violations", 1}, {"epe_max_nm", NAN}, {"seconds", 0.5}};
  clip.rules = {{"Minimum width", "nm", 16, 20, false}, {"EPE violations", "", 0, 1, true}};
  for (int i = 0; i < 20; ++i)
    clip.history.push_back({i, i / 10, 100.0 / (i + 1), 60.0 / (i + 1), 40.0 / (i + 1), 0, 0, 0, 1});
  clip.recipe = "[layout]\nfile = \"<x>\"\n";
  clip.provenance = {{"Version", "1"}};
  return clip;
}

TEST(Results, VerdictIsThatAllLimitsHold) {
  ClipResult clip = small_clip();
  EXPECT_TRUE(clip.rules[0].pass());
  EXPECT_FALSE(clip.rules[1].pass());
  EXPECT_FALSE(clip.pass());
  clip.rules[1].limit = 1;
  EXPECT_TRUE(clip.pass());
  clip.rules[0].measured = NAN;
  EXPECT_FALSE(clip.pass()) << "what was not measured does not pass";
}

TEST(Metrics, KeysHoldNeitherBlanksNorCommas) {
  EXPECT_EQ(metric_key("high dose, other side of focus"), "high_dose_other_side_of_focus");
  EXPECT_EQ(metric_key("pitch-90_a"), "pitch-90_a");
}

TEST(Results, MetricsJsonHasPlainNumbers) {
  const Json json = Json::parse(metrics_json(small_clip()));
  EXPECT_EQ(json["l2_nm2"], 1234);
  EXPECT_TRUE(json["l2_nm2"].is_number_integer());
  EXPECT_EQ(json["pvband_nm2"], 567.5);
  EXPECT_TRUE(json["epe_max_nm"].is_null());
  EXPECT_EQ(json["conditions"][2]["dose"], 0.98);
  EXPECT_EQ(json["rules"][1]["pass"], false);
  EXPECT_EQ(json["pass"], false);
}

TEST(Results, SuiteJsonHoldsCasesAndMeans) {
  std::vector<SuiteCase> cases(2);
  cases[0] = {"M1_test1", {{"l2_nm2", 10}, {"epe_max_nm", NAN}}, true, {}};
  cases[1] = {"metal/x", {{"l2_nm2", 15}, {"epe_max_nm", 4}}, false, {}};
  const Json json = Json::parse(suite_json(cases));
  EXPECT_EQ(json["cases"][1]["name"], "metal/x");
  EXPECT_EQ(json["cases"][1]["l2_nm2"], 15);
  EXPECT_EQ(json["mean"]["l2_nm2"], 12.5);
  EXPECT_EQ(json["mean"]["epe_max_nm"], 4);
  EXPECT_EQ(Json::parse(suite_json({}))["cases"].size(), 0u);
}

TEST(Results, RunJsonSaysWhereTheRunCameFrom) {
  RunInfo run;
  run.verb = "ilt";
  run.command = {"anamorph", "ilt",
                 "bad\xff"
                 "bytes"};
  run.recipe_json = R"({"ilt": {"iterations": 3}})";
  run.inputs = {{"a.glp", 3, sha256("abc")}};
  run.stages = {{"optimise", 1.5, 80}};
  const Json json = Json::parse(run_json(run));
  EXPECT_EQ(json["recipe"]["ilt"]["iterations"], 3);
  EXPECT_EQ(json["inputs"][0]["sha256"], sha256("abc"));
  EXPECT_EQ(json["stages"][0]["peak_memory_mb"], 80);
  EXPECT_EQ(json["start"], "1970-01-01T00:00:00Z");
}

TEST(Html, NumbersAreReadable) {
  EXPECT_EQ(html::number(0), "0");
  EXPECT_EQ(html::number(-0.0), "0");
  EXPECT_EQ(html::number(1234), "1234");
  EXPECT_EQ(html::number(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(html::number(-0.02251), "\u22120.02251");
  EXPECT_EQ(html::number(1.50), "1.5");
  EXPECT_EQ(html::number(999.96), "1000");
  EXPECT_EQ(html::number(NAN), "–");
  EXPECT_EQ(html::base64("Man"), "TWFu");
  EXPECT_EQ(html::base64("Ma"), "TWE=");
  EXPECT_EQ(html::base64("M"), "TQ==");
}

TEST(Report, ArrowsPointAlongTheNormalWithYUp) {
  const Grid grid{0, 0, 100, 100, 1};
  const auto shaft = [&](int nx, int ny, double epe) {
    const std::string svg = epe_arrows(grid, {{{50, 50}, nx, ny, epe, false}}, 1);
    const std::size_t head = svg.find("class=\"head\" d=\"M");
    double x = 0;
    double y = 0;
    EXPECT_EQ(std::sscanf(svg.c_str() + head, "class=\"head\" d=\"M%lf %lf", &x, &y), 2);
    const std::string centre = epe_arrows(grid, {{{50, 50}, 0, 0, 0, false}}, 1);
    double x0 = 0;
    double y0 = 0;
    EXPECT_EQ(std::sscanf(centre.c_str() + centre.find("d=\"M"), "d=\"M%lf %lf", &x0, &y0), 2);
    return Point{x - x0, y - y0};
  };
  EXPECT_GT(shaft(1, 0, 5).x, 20);
  EXPECT_LT(shaft(1, 0, -5).x, -20);
  EXPECT_LT(shaft(0, 1, 5).y, -20) << "up on the wafer is up on the page";
  EXPECT_GT(shaft(0, -1, 5).y, 20);
}

TEST(Report, IsOneSelfContainedPage) {
  const ClipResult clip = small_clip();
  const std::string page = clip_report(clip);
  EXPECT_EQ(page, clip_report(clip)) << "the same result must give the same bytes";
  EXPECT_LT(page.size(), 1500000u);
  for (const char* part :
       {"1234", "l2_nm2", "EPE violations", "Over the limits", "nm²", "Resolved recipe", "id=\"target\"", "id=\"mask\"",
        "id=\"aerial\"", "id=\"pvband\"", "id=\"epe\"", "id=\"histogram\"", "id=\"convergence\"", "Process conditions",
        "prefers-color-scheme", "@media print"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  for (const char* part :
       {"http:", "https:", "<script", "src=\"/", "file:", "a<b>", "\"<x>\"", ">nan", "nan<", "=\"nan", "inf\""})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  EXPECT_NE(page.find("a&lt;b&gt;&amp;&quot;c&quot;"), std::string::npos);
  for (const char* tag : {"svg", "figure", "table", "section", "div", "details", "tr", "g"}) {
    const auto count = [&](const std::string& text) {
      std::size_t n = 0;
      for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++n;
      return n;
    };
    const std::string name = tag;
    EXPECT_EQ(count("<" + name + ">") + count("<" + name + " "), count("</" + name + ">")) << tag;
  }
}

TEST(Report, LeavesOutWhatTheResultDoesNotHave) {
  ClipResult clip;
  clip.name = "empty";
  const std::string page = clip_report(clip);
  EXPECT_EQ(page.find("<figure"), std::string::npos);
  EXPECT_EQ(page.find("Verdict"), std::string::npos);
  clip.grid = {0, 0, 16, 16, 1};
  clip.mask = Bitmap(16, 16);  // nothing in it: no close-up, no outlines
  EXPECT_NE(clip_report(clip).find("id=\"mask\""), std::string::npos);
  clip.conditions.push_back({"nominal", 1, 0, Image<double>(16, 16), Bitmap(16, 16)});
  clip.history.push_back({});
  clip.sites = {{{8, 8}, 1, 0, NAN, true}};
  const std::string dark = clip_report(clip);
  EXPECT_EQ(dark.find("nan"), std::string::npos);
  EXPECT_EQ(dark.find("id=\"convergence\""), std::string::npos);
}

TEST(Report, SuiteLinksEveryCase) {
  std::vector<SuiteCase> cases(2);
  cases[0] = {
      "metal/AND2 X4", {{"l2_nm2", 10}, {"pvband_nm2", 20}, {"seconds", 0.25}}, true, thumbnail_png(small_clip())};
  cases[1] = {"b", {{"l2_nm2", 20}, {"pvband_nm2", 40}, {"seconds", NAN}}, false, {}};
  const std::string page = suite_report("Contest", cases, {{"Version", "1"}});
  EXPECT_NE(page.find("href=\"metal/AND2%20X4/report.html\""), std::string::npos);
  EXPECT_NE(page.find("1 of 2 cases pass"), std::string::npos);
  EXPECT_NE(page.find("<b>45 <small>nm²"), std::string::npos) << "mean of L2 + PV band";
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_NO_THROW((void)suite_report("none", {}, {}));
}

TEST(Pictures, StandAlonePicturesAreDrawn) {
  const ClipResult clip = small_clip();
  for (const std::string& bytes : {target_png(clip), mask_png(clip), aerial_png(clip), pvband_png(clip)}) {
    const Picture picture = decode(bytes);
    EXPECT_GT(picture.nx(), 720);
    EXPECT_EQ(picture(0, 0), (Rgb{255, 255, 255}));
  }
  EXPECT_EQ(target_png({}) + mask_png({}) + aerial_png({}) + pvband_png({}) + thumbnail_png({}), "");
  EXPECT_GT(decode(overview_png(clip)).nx(), 4 * 560);
  const ClipResult view = close_up(clip);
  EXPECT_EQ(std::count(view.mask.begin(), view.mask.end(), 1), std::count(clip.mask.begin(), clip.mask.end(), 1));
  EXPECT_LT(view.grid.nx, clip.grid.nx);
  EXPECT_EQ(pixel_outlines(view.target, view.grid), pixel_outlines(clip.target, clip.grid));
}

}  // namespace
}  // namespace anamorph
