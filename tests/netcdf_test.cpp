// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Reads back with the HDF5 library what the netCDF writer made: the values, and the scales that make it netCDF-4.
#include "cpp/io/netcdf.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmath>
#include <complex>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/io/fields.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;

using Netcdf = FolderTest;

/// A file as HDF5 sees it.
class Reader {
 public:
  explicit Reader(const fs::path& path) : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)) {
    if (file_ < 0) throw std::runtime_error("not an HDF5 file");
  }
  ~Reader() { H5Fclose(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] bool has(const std::string& name) const { return H5Lexists(file_, name.c_str(), H5P_DEFAULT) > 0; }

  [[nodiscard]] std::vector<hsize_t> shape(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    std::vector<hsize_t> sides(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, sides.data(), nullptr);
    H5Sclose(space);
    H5Dclose(set);
    return sides;
  }

  [[nodiscard]] std::vector<double> values(const std::string& name) const {
    std::size_t count = 1;
    for (const hsize_t side : shape(name)) count *= side;
    std::vector<double> numbers(count);
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    EXPECT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()), 0);
    H5Dclose(set);
    return numbers;
  }

  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    const hid_t type = H5Dget_type(set);
    EXPECT_GT(H5Tis_variable_str(type), 0);
    std::vector<char*> pointers(shape(name)[0]);
    EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), 0);
    std::vector<std::string> out(pointers.begin(), pointers.end());
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return out;
  }

  /// Size in bytes of a number of the data set.
  [[nodiscard]] std::size_t width(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    const hid_t type = H5Dget_type(set);
    const std::size_t size = H5Tget_size(type);
    H5Tclose(type);
    H5Dclose(set);
    return size;
  }

  /// A text attribute; "" when there is none.
  [[nodiscard]] std::string text(const std::string& object, const std::string& name) const {
    if (H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0) return "";
    const hid_t attribute = H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute);
    std::string value(H5Tget_size(type), '\0');
    EXPECT_GE(H5Aread(attribute, type, value.data()), 0);
    H5Tclose(type);
    H5Aclose(attribute);
    return value.c_str();
  }

  template <typename Number>
  [[nodiscard]] Number number(const std::string& object, const std::string& name, hid_t type) const {
    Number value{};
    const hid_t attribute = H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Aread(attribute, type, &value), 0);
    H5Aclose(attribute);
    return value;
  }

  /// Names of the dimension scales that are attached to the data set, one for each of its dimensions.
  [[nodiscard]] std::vector<std::string> scales(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    std::vector<std::string> names;
    const auto remember = [](hid_t, unsigned, hid_t scale, void* to) -> herr_t {
      char path[256];
      H5Iget_name(scale, path, sizeof path);
      static_cast<std::vector<std::string>*>(to)->push_back(path + 1);
      return 0;
    };
    for (unsigned i = 0; i < shape(name).size(); ++i) {
      EXPECT_EQ(H5DSget_num_scales(set, i), 1) << name << " " << i;
      H5DSiterate_scales(set, i, nullptr, remember, &names);
    }
    H5Dclose(set);
    return names;
  }

  [[nodiscard]] bool is_scale(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, name.c_str(), H5P_DEFAULT);
    const bool answer = H5DSis_scale(set) > 0;
    H5Dclose(set);
    return answer;
  }

  /// Links in the order in which they were made; empty when the file does not know it.
  [[nodiscard]] std::vector<std::string> order() const {
    std::vector<std::string> names;
    H5G_info_t info{};
    if (H5Gget_info(file_, &info) < 0) return names;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      char name[256];
      if (H5Lget_name_by_idx(file_, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) < 0)
        return {};
      names.emplace_back(name);
    }
    return names;
  }

 private:
  hid_t file_;
};

using Names = std::vector<std::string>;
using Numbers = std::vector<double>;

void write_sample(const fs::path& path) {
  NetcdfFile file(path);
  file.attribute("title", "a title");
  file.attribute("na", 0.55);
  file.dimension("condition", Names{"nominal", "défocus"}, {"", "process condition"});
  file.dimension("y", Numbers{0.5, 1.5, 2.5}, {"nm", "y on the wafer"});
  file.dimension("point", 2);
  Numbers values(12);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) + 0.1;
  file.variable("image", {"condition", "y", "point"}, values, {"1", "intensity"});
  const auto slab = [&](std::size_t i) { return std::span<const double>(values).subspan(6 * i, 6); };
  file.variable("slabs", {"condition", "y", "point"}, false, slab, {"1", "the same"});
  file.variable("single", {"condition", "y", "point"}, true, slab, {"1", "the same in float32"});
  file.variable("floats", {"y"}, std::vector<float>{1.5f, 2.5f, 3.5f}, {"nm", ""});
  file.variable("bits", {"y"}, std::vector<std::uint8_t>{0, 1, 255}, {"1", ""});
  file.variable("field", {"point"}, std::vector<std::complex<double>>{{1, 2}, {3, -4}}, {"1", "amplitude"});
  file.variable("wavelength", {}, Numbers{13.5}, {"nm", ""});
  file.commit();
}

TEST_F(Netcdf, ValuesComeBack) {
  write_sample(folder / "a.nc");
  const Reader reader(folder / "a.nc");
  EXPECT_EQ(reader.shape("image"), (std::vector<hsize_t>{2, 3, 2}));
  const Numbers image = reader.values("image");
  for (std::size_t i = 0; i < image.size(); ++i) EXPECT_EQ(image[i], static_cast<double>(i) + 0.1);
  EXPECT_EQ(reader.values("slabs"), image);
  EXPECT_EQ(reader.width("slabs"), 8u);
  EXPECT_EQ(reader.width("single"), 4u);
  EXPECT_EQ(reader.values("single")[11], static_cast<double>(11.1f));
  EXPECT_EQ(reader.values("y"), (Numbers{0.5, 1.5, 2.5}));
  EXPECT_EQ(reader.texts("condition"), (Names{"nominal", "défocus"}));
  EXPECT_EQ(reader.values("floats"), (Numbers{1.5, 2.5, 3.5}));
  EXPECT_EQ(reader.values("bits"), (Numbers{0, 1, 255}));
  EXPECT_EQ(reader.width("bits"), 1u);
  EXPECT_EQ(reader.values("field_re"), (Numbers{1, 3}));
  EXPECT_EQ(reader.values("field_im"), (Numbers{2, -4}));
  EXPECT_EQ(reader.values("wavelength"), Numbers{13.5});
  EXPECT_TRUE(reader.shape("wavelength").empty());
}

TEST_F(Netcdf, DimensionsAreScalesAsTheFormatAsks) {
  write_sample(folder / "a.nc");
  const Reader reader(folder / "a.nc");
  EXPECT_EQ(reader.scales("image"), (Names{"condition", "y", "point"}));
  EXPECT_EQ(reader.scales("slabs"), (Names{"condition", "y", "point"}));
  EXPECT_EQ(reader.scales("field_im"), Names{"point"});
  int id = 0;
  for (const char* name : {"condition", "y", "point"}) {
    EXPECT_TRUE(reader.is_scale(name)) << name;
    EXPECT_EQ(reader.text(name, "CLASS"), "DIMENSION_SCALE");
    EXPECT_EQ(reader.number<int>(name, "_Netcdf4Dimid", H5T_NATIVE_INT), id++) << name;
  }
  EXPECT_EQ(reader.text("y", "NAME"), "y");
  EXPECT_EQ(reader.text("point", "NAME"), "This is a netCDF dimension but not a netCDF variable.         2");
  EXPECT_EQ(reader.text("image", "units"), "1");
  EXPECT_EQ(reader.text("image", "long_name"), "intensity");
  EXPECT_EQ(reader.text("y", "units"), "nm");
  EXPECT_EQ(reader.text("condition", "units"), "");
  EXPECT_EQ(reader.text("field_re", "long_name"), "amplitude, real part");
  EXPECT_EQ(reader.text(".", "_NCProperties").substr(0, 19), "version=2,anamorph=");
  EXPECT_EQ(reader.text(".", "title"), "a title");
  EXPECT_EQ(reader.number<double>(".", "na", H5T_NATIVE_DOUBLE), 0.55);
  const Names order = reader.order();
  ASSERT_GE(order.size(), 4u) << "the order of creation is not stored";
  EXPECT_EQ(order[0], "condition");
  EXPECT_EQ(order[3], "image");
}

TEST_F(Netcdf, SameCallsGiveTheSameBytes) {
  write_sample(folder / "a.nc");
  write_sample(folder / "b.nc");
  EXPECT_EQ(read_all(folder / "a.nc"), read_all(folder / "b.nc"));
}

TEST_F(Netcdf, AppearsOnlyWhenComplete) {
  std::ofstream(folder / "a.nc") << "earlier";
  {
    NetcdfFile file(folder / "a.nc");
    file.dimension("y", Numbers(10000), {"nm", ""});
    EXPECT_EQ(read_all(folder / "a.nc"), "earlier");
  }
  EXPECT_EQ(read_all(folder / "a.nc"), "earlier");
  EXPECT_EQ(entries(), 1);
  write_sample(folder / "a.nc");
  EXPECT_NE(read_all(folder / "a.nc"), "earlier");
  EXPECT_EQ(entries(), 1);
}

TEST_F(Netcdf, FullDiskIsAnErrorAndLeavesNothing) {
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  // A limit on the size of files stands for the full disk. Wherever in the file it strikes, the program must live on.
  write_sample(folder / "a.nc");
  const auto whole = static_cast<rlim_t>(fs::file_size(folder / "a.nc"));
  fs::remove(folder / "a.nc");
  for (rlim_t limit = 0; limit < whole; limit += whole / 40) {
    const rlimit small{limit, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const Error error = error_of([&] { write_sample(folder / "a.nc"); });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_EQ(error.where().file, (folder / "a.nc").string());
    EXPECT_NE(std::string(error.what()).find("File too large"), std::string::npos) << error.what();
    EXPECT_EQ(entries(), 0);
  }
  std::signal(SIGXFSZ, handler);
  write_sample(folder / "a.nc");
  EXPECT_EQ(Reader(folder / "a.nc").values("wavelength"), Numbers{13.5});
}

TEST_F(Netcdf, PlaceThatCannotBeWrittenIsNamed) {
  const Error error = error_of([&] { NetcdfFile file(folder / "absent/a.nc"); });
  EXPECT_EQ(error.code(), ErrorCode::resource);
  EXPECT_NE(std::string(error.what()).find("No such file or directory"), std::string::npos) << error.what();
}

TEST_F(Netcdf, WrongUseIsRefused) {
  NetcdfFile file(folder / "a.nc");
  file.dimension("y", Numbers(3), {"nm", ""});
  const auto refused = [](auto call) {
    const Error error = error_of(call);
    return error.code() == ErrorCode::input && error.id() == "NCF-0001";
  };
  EXPECT_TRUE(refused([&] { file.dimension("y", 4); })) << "a name twice";
  EXPECT_TRUE(refused([&] { file.variable("a", {"x"}, Numbers(3), {}); })) << "no such dimension";
  EXPECT_TRUE(refused([&] { file.variable("b", {"y"}, Numbers(4), {}); })) << "too many values";
  EXPECT_TRUE(
      refused([&] { file.variable("c", {}, false, [](std::size_t) { return std::span<const double>(); }, {}); }));
  file.commit();
  EXPECT_TRUE(refused([&] { file.dimension("z", 1); })) << "after the end";
  EXPECT_TRUE(refused([&] { file.commit(); }));
}

TEST_F(Netcdf, AnErrorOfTheCallerLeavesNothing) {
  const auto stop = [](std::size_t) -> std::span<const double> { throw std::runtime_error("stop"); };
  EXPECT_THROW(
      {
        NetcdfFile file(folder / "a.nc");
        file.dimension("y", 3);
        file.variable("a", {"y"}, false, stop, {});
      },
      std::runtime_error);
  EXPECT_EQ(entries(), 0);
}

// --- fields.nc ---

Fields sample_fields() {
  Fields fields;
  fields.title = "clip";
  fields.attributes = {{"verb", "simulate"}};
  fields.grid = {-2, 10, 3, 2, 4.0};
  fields.mask = Bitmap(2, 3);
  fields.mask(1, 2) = 1;
  fields.target = Bitmap(2, 3, 1);
  fields.conditions = {{"nominal", 1, 0}, {"outer", 1.02, -40}};
  fields.aerial = [](int i) {
    Image<double> image(2, 3, i);
    image(1, 0) = 0.25;
    return image;
  };
  fields.wavelength_nm = 13.5;
  fields.source = {{0.5, -0.25, 0.75, {1, 0, 0}}, {-0.5, 0.25, 0.25, {}}};
  fields.pupil_amplitude = Image<double>(4, 4, 1.0);
  fields.pupil_wavefront_nm = Image<double>(4, 4, std::numeric_limits<double>::quiet_NaN());
  fields.pupil_wavefront_nm(3, 1) = -0.3;
  return fields;
}

TEST_F(Netcdf, FieldsHaveCoordinatesAndUnits) {
  EXPECT_TRUE(writes_fields());
  write_fields(folder / "fields.nc", sample_fields());
  const Reader reader(folder / "fields.nc");
  EXPECT_EQ(reader.values("x"), (Numbers{0, 4, 8})) << "centres of the pixels";
  EXPECT_EQ(reader.values("y"), (Numbers{12, 16}));
  EXPECT_EQ(reader.texts("condition"), (Names{"nominal", "outer"}));
  EXPECT_EQ(reader.values("dose"), (Numbers{1, 1.02}));
  EXPECT_EQ(reader.values("focus"), (Numbers{0, -40}));
  EXPECT_EQ(reader.scales("aerial"), (Names{"condition", "y", "x"}));
  EXPECT_EQ(reader.values("aerial"), (Numbers{0, 0, 0, 0.25, 0, 0, 1, 1, 1, 0.25, 1, 1}));
  EXPECT_EQ(reader.values("mask"), (Numbers{0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(reader.scales("target"), (Names{"y", "x"}));
  EXPECT_FALSE(reader.has("resist"));
  EXPECT_EQ(reader.values("wavelength"), Numbers{13.5});
  EXPECT_FALSE(reader.has("na"));
  EXPECT_EQ(reader.values("source_x"), (Numbers{0.5, -0.5}));
  EXPECT_EQ(reader.values("source_y"), (Numbers{-0.25, 0.25}));
  EXPECT_EQ(reader.values("source_weight"), (Numbers{0.75, 0.25}));
  EXPECT_EQ(reader.values("source_s1"), (Numbers{1, 0}));
  EXPECT_EQ(reader.values("pupil_x"), (Numbers{-0.75, -0.25, 0.25, 0.75}));
  EXPECT_EQ(reader.scales("pupil_wavefront"), (Names{"pupil_y", "pupil_x"}));
  EXPECT_EQ(reader.values("pupil_wavefront")[3 * 4 + 1], -0.3);
  EXPECT_TRUE(std::isnan(reader.values("pupil_wavefront")[0]));
  EXPECT_EQ(reader.text("pupil_wavefront", "units"), "nm");
  EXPECT_EQ(reader.text("focus", "units"), "nm");
  EXPECT_EQ(reader.text(".", "verb"), "simulate");
  EXPECT_EQ(reader.text(".", "title"), "clip");
}

TEST_F(Netcdf, FieldsThatDoNotFitAreRefused) {
  Fields fields = sample_fields();
  fields.resist = [](int i) { return Image<double>(2, 3 + i); };
  EXPECT_EQ(error_of([&] { write_fields(folder / "fields.nc", fields); }).id(), "NCF-0002");
  fields.resist = nullptr;
  fields.mask = Bitmap(3, 3);
  EXPECT_EQ(error_of([&] { write_fields(folder / "fields.nc", fields); }).id(), "NCF-0001");
  EXPECT_EQ(entries(), 0);
  write_fields(folder / "fields.nc", {});
  EXPECT_TRUE(Reader(folder / "fields.nc").order().empty());
}

}  // namespace
}  // namespace anamorph
