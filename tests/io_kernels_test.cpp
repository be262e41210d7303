// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/io/kernels.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/run_directory.hpp"
#include "optics_models/contest_kernels.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Complex = std::complex<double>;

using Kernels = FolderTest;

/// Every value differs from every other, so that no transposition goes unseen.
CoherentStack sample_stack(double period_x_nm, double period_y_nm) {
  CoherentStack stack;
  stack.period_x_nm = period_x_nm;
  stack.period_y_nm = period_y_nm;
  stack.extent_x = 3;
  stack.extent_y = 2;
  stack.weight = {0.7, 0.1 + 0.2, 1e-17};
  for (std::size_t i = 0; i < stack.weight.size() * stack.bins(); ++i) {
    const auto t = static_cast<double>(i);
    stack.transfer.emplace_back(std::sin(t) / 3, i % 5 == 0 ? -0.0 : std::cos(1.7 * t) * 1e-3);
  }
  return stack;
}

bool same_bits(const CoherentStack& a, const CoherentStack& b) {
  const auto bytes = [](const auto& v) {
    return std::string(reinterpret_cast<const char*>(v.data()), v.size() * sizeof v[0]);
  };
  return a.period_x_nm == b.period_x_nm && a.period_y_nm == b.period_y_nm && a.extent_x == b.extent_x &&
         a.extent_y == b.extent_y && a.spectrum == b.spectrum && bytes(a.weight) == bytes(b.weight) &&
         bytes(a.transfer) == bytes(b.transfer);
}

// --- NPY arrays of one to three dimensions ---

TEST_F(Kernels, NpyArraysKeepEveryBit) {
  const std::vector<Complex> values{{0.1, -0.0}, {1e-308, 2}, {3, -1e300}, {4, 5}, {6, 7}, {8, 1.0 / 3}};
  for (const std::vector<int>& shape : {std::vector<int>{6}, {2, 3}, {1, 3, 2}}) {
    write_npy(folder / "c.npy", shape, values);
    const NpyArray<Complex> back = read_npy_complex(folder / "c.npy");
    EXPECT_EQ(back.shape, shape);
    EXPECT_EQ(back.values, values);
    EXPECT_TRUE(std::signbit(back.values[0].imag()));
  }
  const std::vector<double> reals{0.1, -2, 1e-300};
  write_npy(folder / "r.npy", {3}, reals);
  EXPECT_EQ(read_npy_real(folder / "r.npy").values, reals);
  EXPECT_NE(read_all(folder / "r.npy").find("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"),
            std::string::npos);
  const std::vector<int> whole{0, -1, std::numeric_limits<int>::max()};
  write_npy(folder / "w.npy", {3, 1}, whole);
  EXPECT_EQ(read_npy_whole(folder / "w.npy").values, whole);
  EXPECT_EQ(error_of([&] { write_npy(folder / "bad.npy", {2, 2}, reals); }).id(), "NPY-0001");
  EXPECT_EQ(error_of([&] { write_npy(folder / "bad.npy", {}, std::vector<double>(1)); }).id(), "NPY-0001");
  EXPECT_FALSE(fs::exists(folder / "bad.npy"));
}

template <typename T>
std::string npy(const std::string& type, const std::string& order, const std::string& shape, std::vector<T> values) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + "}";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
         std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

TEST_F(Kernels, NpyFortranOrderIsTurned) {
  // Values in the order of the file: the first index runs fastest, so element [a][b][c] is 100 a + 10 b + c.
  std::vector<double> stored;
  for (int c = 0; c < 4; ++c)
    for (int b = 0; b < 3; ++b)
      for (int a = 0; a < 2; ++a) stored.push_back(100 * a + 10 * b + c);
  write_plain(folder / "a.npy", npy("<f8", "True", "(2, 3, 4)", stored));
  const NpyArray<double> cube = read_npy_real(folder / "a.npy");
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 4; ++c)
        EXPECT_EQ(cube.values[static_cast<std::size_t>((a * 3 + b) * 4 + c)], 100 * a + 10 * b + c);
  write_plain(folder / "b.npy", npy<Complex>("<c16", "True", "(2, 2)", {{1, 0}, {2, 0}, {3, 0}, {4, 0}}));
  EXPECT_EQ(read_npy_complex(folder / "b.npy").values, (std::vector<Complex>{1, 3, 2, 4}));
}

TEST_F(Kernels, NpyReaderOfArraysIsStrict) {
  const auto id = [&](const std::string& bytes) {
    write_plain(folder / "a.npy", bytes);
    const Error error = error_of([&] { (void)read_npy_complex(folder / "a.npy"); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.where().file, (folder / "a.npy").string());
    return error.id();
  };
  const std::vector<Complex> one{{1, 2}};
  const std::string good = npy("<c16", "False", "(1,)", one);
  write_plain(folder / "a.npy", good);
  EXPECT_NO_THROW((void)read_npy_complex(folder / "a.npy"));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(id(good.substr(0, n)).empty()) << "cut to " << n;
  EXPECT_EQ(id(good + "x"), "NPY-0005");
  EXPECT_EQ(id(npy("<c16", "False", "(1, 1, 1, 1)", one)), "NPY-0003");
  EXPECT_EQ(id(npy("<c16", "None", "(1,)", one)), "NPY-0003");
  EXPECT_EQ(id(npy("<f8", "False", "(2,)", one)), "NPY-0004");
  // Products of the sides that no 64 bits hold, one of them 0 modulo 2^64.
  EXPECT_EQ(id(npy("<c16", "False", "(2147483647, 2147483647, 2147483647)", one)), "NPY-0005");
  EXPECT_EQ(id(npy("<c16", "False", "(1073741824, 1073741824, 1024)", one)), "NPY-0005");
  EXPECT_EQ(id(npy("<c16", "False", "(1000000000, 1)", one)), "NPY-0005");
  write_plain(folder / "w.npy", npy<std::int64_t>("<i8", "False", "(2,)", {1, std::int64_t{1} << 40}));
  EXPECT_EQ(error_of([&] { (void)read_npy_whole(folder / "w.npy"); }).id(), "NPY-0006");
}

// --- Our form ---

TEST_F(Kernels, RoundTripKeepsEveryBit) {
  CoherentStack stack = sample_stack(1000.0 / 3, 128.1);
  KernelInfo info;
  info.wavelength_nm = 13.5;
  info.na = 0.55;
  info.focus_nm = -0.1;
  info.captured_fraction = 0.999;
  info.origin = {{"source", "annular, \"0.55\" to 0.9"}, {"date", ""}};
  write_kernels(folder / "deep/kernels", stack, info);
  EXPECT_TRUE(same_bits(read_kernels(folder / "deep/kernels"), stack));
  EXPECT_FALSE(fs::exists(folder / "deep/kernels/spectra.npy"));
  const KernelInfo back = read_kernel_info(folder / "deep/kernels");
  EXPECT_EQ(back.wavelength_nm, 13.5);
  EXPECT_EQ(back.na, 0.55);
  EXPECT_EQ(back.focus_nm, -0.1);
  EXPECT_EQ(back.captured_fraction, 0.999);
  EXPECT_TRUE(std::isnan(back.immersion_index));
  ASSERT_EQ(back.origin.size(), 2u);
  EXPECT_EQ(back.origin[0].value, info.origin[0].value);

  stack.spectrum = {0, 4, 4};
  write_kernels(folder / "deep/kernels", stack, info);
  EXPECT_TRUE(same_bits(read_kernels(folder / "deep/kernels"), stack));
  stack.spectrum.clear();
  write_kernels(folder / "deep/kernels", stack, info);
  EXPECT_TRUE(same_bits(read_kernels(folder / "deep/kernels"), stack)) << "numbers of the earlier set are left";
  EXPECT_FALSE(fs::exists(folder / "deep/kernels/spectra.npy"));
}

TEST_F(Kernels, FormIsAsDocumented) {
  CoherentStack stack = sample_stack(512, 256);
  stack.spectrum = {0, 1, 0};
  write_kernels(folder, stack, {});
  const NpyArray<Complex> kernels = read_npy_complex(folder / "kernels.npy");
  EXPECT_EQ(kernels.shape, (std::vector<int>{3, 5, 7}));
  EXPECT_EQ(kernels.values[(1 * 5 + 4) * 7 + 2], stack.transfer[(1 * 5 + 4) * 7 + 2]);
  const Json json = Json::parse(read_all(folder / "kernels.json"));
  EXPECT_EQ(json["format"], "anamorph-kernels");
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["period_x_nm"], 512);
  EXPECT_EQ(json["extent_y"], 2);
  EXPECT_EQ(json["spectra"], 2);
  EXPECT_TRUE(json["wavelength_nm"].is_null());
  EXPECT_NEAR(json["clear_field"].get<double>(), stack.clear_field(), 1e-15);
  EXPECT_TRUE(json["conventions"].contains("focus"));
}

TEST_F(Kernels, RunDirectoryListsTheFiles) {
  RunDirectory directory(folder / "run", false);
  write_kernels(directory, "kernels/nominal", sample_stack(512, 512), {});
  write_contest_kernels(directory, "contest", sample_stack(512, 512));
  std::vector<std::string> names;
  for (const RunDirectory::File& file : directory.files()) names.push_back(file.name);
  for (const char* name : {"kernels/nominal/kernels.npy", "kernels/nominal/weights.npy", "kernels/nominal/kernels.json",
                           "contest/fh2.bin", "contest/scales.txt"})
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  EXPECT_EQ(names.size(), 7u);
}

TEST_F(Kernels, ReaderNamesTheFileThatIsWrong) {
  CoherentStack stack = sample_stack(512, 512);
  stack.spectrum = {0, 1, 0};
  const auto fresh = [&] { write_kernels(folder, stack, {}); };
  const auto expect_error = [&](const char* id, const char* file) {
    const Error error = error_of([&] { (void)read_kernels(folder); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_EQ(error.where().file, (folder / file).string());
  };
  const auto edited = [&](const char* key, const Json& value) {
    fresh();
    Json json = Json::parse(read_all(folder / "kernels.json"));
    json[key] = value;
    write_plain(folder / "kernels.json", json.dump());
  };
  expect_error("KER-0001", "kernels.json");
  for (const char* file : {"kernels.npy", "weights.npy", "spectra.npy"}) {
    fresh();
    fs::remove(folder / file);
    expect_error("NPY-0002", file);
  }
  for (const char* text : {"", "{", "[1]", "null", "{}", "{\"format\": 3}", "{\"format\": \"other\"}"}) {
    write_plain(folder / "kernels.json", text);
    expect_error("KER-0002", "kernels.json");
  }
  edited("version", 2);
  expect_error("KER-0003", "kernels.json");
  edited("version", "1");
  expect_error("KER-0004", "kernels.json");
  for (const char* key : {"period_x_nm", "period_y_nm"})
    for (const Json& value : {Json(0), Json(-1), Json(), Json("512")}) {
      edited(key, value);
      expect_error("KER-0004", "kernels.json");
    }
  for (const Json& value : {Json(-1), Json(1.5), Json(1u << 31), Json(), Json(1e300)}) {
    edited("extent_x", value);
    expect_error("KER-0004", "kernels.json");
  }
  edited("extent_x", 4);
  expect_error("KER-0005", "kernels.npy");
  edited("kernels", 2);
  expect_error("KER-0005", "kernels.npy");
  edited("spectra", 1);
  expect_error("KER-0006", "spectra.npy");
  edited("spectra", 2000000000);
  expect_error("KER-0004", "kernels.json");

  fresh();
  write_npy(folder / "weights.npy", {2}, std::vector<double>(2));
  expect_error("KER-0005", "weights.npy");
  for (const double bad : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    write_npy(folder / "weights.npy", {3}, std::vector<double>{0, 0, bad});
    expect_error("KER-0006", "weights.npy");
  }
  fresh();
  std::vector<Complex> transfer = stack.transfer;
  transfer.back() = {0, std::numeric_limits<double>::quiet_NaN()};
  write_npy(folder / "kernels.npy", {3, 5, 7}, transfer);
  expect_error("KER-0006", "kernels.npy");
  fresh();
  write_npy(folder / "spectra.npy", {3}, std::vector<int>{0, -1, 0});
  expect_error("KER-0006", "spectra.npy");
}

// --- The contest's form ---

TEST_F(Kernels, ContestFormReadsBackToSinglePrecision) {
  const CoherentStack stack = sample_stack(64, 64);
  write_contest_kernels(folder, stack);
  const CoherentStack back = read_contest_kernels(folder, 64);
  EXPECT_EQ(back.extent_x, stack.extent_x);
  EXPECT_EQ(back.extent_y, stack.extent_y);
  EXPECT_EQ(back.weight, stack.weight);
  ASSERT_EQ(back.transfer.size(), stack.transfer.size());
  // Rounding to the nearest float is at most 2^-24 of each part.
  for (std::size_t i = 0; i < stack.transfer.size(); ++i) {
    EXPECT_NEAR(back.transfer[i].real(), stack.transfer[i].real(), 0x1p-23 * std::abs(stack.transfer[i].real()));
    EXPECT_NEAR(back.transfer[i].imag(), stack.transfer[i].imag(), 0x1p-23 * std::abs(stack.transfer[i].imag()));
  }
}

TEST_F(Kernels, ContestFormIsAsDocumented) {
  CoherentStack stack;
  stack.period_x_nm = stack.period_y_nm = 4;
  stack.extent_x = 1;
  stack.weight = {0.5};
  stack.transfer = {{1, 0}, {0, 1}, {-2, 0}};
  write_contest_kernels(folder, stack);
  // Rows, columns, 12 bytes, values by rows of constant mx, 4 bytes; K(1/4 nm) = H sinc(1/4) = H 2 sqrt(2) / pi.
  const std::string bytes = read_all(folder / "fh0.bin");
  ASSERT_EQ(bytes.size(), 20u + 3 * 8 + 4);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\0\0\0\3\0\0\0\1", 8));
  EXPECT_EQ(bytes.substr(28, 8), std::string("\0\0\0\0\x3f\x80\0\0", 8)) << "0 + 1i, big-endian";
  EXPECT_EQ(read_all(folder / "scales.txt"), "1\n0.5\n");
  float first = 0;
  std::string swapped(bytes.substr(20, 4));
  std::reverse(swapped.begin(), swapped.end());
  std::copy_n(swapped.data(), 4, reinterpret_cast<char*>(&first));
  EXPECT_FLOAT_EQ(first, static_cast<float>(2 * std::sqrt(2.0) / 3.14159265358979323846));
}

TEST_F(Kernels, ContestFormReplacesALargerSet) {
  CoherentStack stack = sample_stack(64, 64);
  write_contest_kernels(folder, stack);
  stack.weight.resize(1);
  stack.transfer.resize(stack.bins());
  write_contest_kernels(folder, stack);
  EXPECT_FALSE(fs::exists(folder / "fh1.bin"));
  EXPECT_FALSE(fs::exists(folder / "fh2.bin"));
  EXPECT_EQ(read_contest_kernels(folder, 64).terms(), 1);
}

TEST_F(Kernels, ContestFormRefusesWhatItCannotHold) {
  const auto refused = [&](const CoherentStack& stack) {
    const Error error = error_of([&] { write_contest_kernels(folder, stack); });
    EXPECT_EQ(error.code(), ErrorCode::recipe);
    return error.id() == "KER-0007";
  };
  EXPECT_TRUE(refused(sample_stack(64, 65)));
  EXPECT_TRUE(refused(sample_stack(3, 3))) << "bin 3 lies at 1 / (1 nm)";
  CoherentStack stack = sample_stack(64, 64);
  stack.spectrum = {0, 1, 0};
  EXPECT_TRUE(refused(stack));
  stack = sample_stack(64, 64);
  stack.transfer[3] = 1e39;
  EXPECT_TRUE(refused(stack));
  EXPECT_FALSE(fs::exists(folder / "scales.txt"));
}

}  // namespace
}  // namespace anamorph
