// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/netcdf.hpp"

#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/version.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;

/// One thread at a time, since HDF5 is not always built for several, and without its own messages on stderr; what was
/// set before is set again at the end. May be nested.
class Quiet {
 public:
  Quiet() : lock_(mutex()) {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  static std::recursive_mutex& mutex() {
    static std::recursive_mutex one;
    return one;
  }
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// An object of HDF5, closed at the end.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  void reset() {
    if (id_ >= 0) close_(std::exchange(id_, -1));
  }
  [[nodiscard]] hid_t get() const noexcept { return id_; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// Where the bytes of a file go. HDF5 keeps hold of a file of which it could not write the last table, and ends the
/// program with a fault over it. So a write that fails, as on a full disk, is remembered here and HDF5 is told that
/// it went well; the file is thrown away afterwards.
struct Disk {
  int descriptor = -1;
  int error = 0;  ///< errno of the first failure

  void note(bool good) noexcept {
    if (!good && error == 0) error = errno;
  }
};

/// What HDF5 hands on to the driver when it opens the file.
struct DiskAccess {
  Disk* disk;
};

/// A file of HDF5 on a Disk: what its interface for drivers asks for ("HDF5 Virtual File Layer", The HDF Group).
struct DiskFile {
  H5FD_t common;  // first, since HDF5 sees this part only
  Disk* disk;
  haddr_t allocated;  // "end of address"
  haddr_t length;     // "end of file"
};

DiskFile& as_disk_file(H5FD_t* file) { return *reinterpret_cast<DiskFile*>(file); }
const DiskFile& as_disk_file(const H5FD_t* file) { return *reinterpret_cast<const DiskFile*>(file); }

H5FD_t* open_disk(const char*, unsigned, hid_t access, haddr_t) {
  const auto* given = static_cast<const DiskAccess*>(H5Pget_driver_info(access));
  // HDF5 opens the file to have a look, and again to make it anew: there is nothing in it either time.
  auto* file = given == nullptr ? nullptr : new (std::nothrow) DiskFile{{}, given->disk, 0, 0};
  return file == nullptr ? nullptr : &file->common;
}

herr_t close_disk(H5FD_t* file) {
  delete &as_disk_file(file);
  return 0;
}

haddr_t allocated_on_disk(const H5FD_t* file, H5FD_mem_t) { return as_disk_file(file).allocated; }

herr_t allocate_on_disk(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  as_disk_file(file).allocated = end;
  return 0;
}

haddr_t length_on_disk(const H5FD_t* file, H5FD_mem_t) { return as_disk_file(file).length; }

herr_t read_disk(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* buffer) {
  auto* to = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t got = ::pread(as_disk_file(file).disk->descriptor, to, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {
      std::memset(to, 0, size);  // beyond the end lies nothing yet
      break;
    }
    to += got;
    at += static_cast<haddr_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return 0;
}

herr_t write_disk(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, const void* buffer) {
  DiskFile& target = as_disk_file(file);
  const auto* from = static_cast<const char*>(buffer);
  target.length = std::max(target.length, at + size);
  while (size > 0 && target.disk->error == 0) {
    const ssize_t written = ::pwrite(target.disk->descriptor, from, size, static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    target.disk->note(written >= 0);
    if (written < 0) break;
    from += written;
    at += static_cast<haddr_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

herr_t truncate_disk(H5FD_t* file, hid_t, hbool_t) {
  DiskFile& target = as_disk_file(file);
  if (target.disk->error == 0)
    target.disk->note(::ftruncate(target.disk->descriptor, static_cast<off_t>(target.allocated)) == 0);
  target.length = target.allocated;
  return 0;
}

H5FD_class_t disk_driver() {
  H5FD_class_t driver{};
  driver.name = "anamorph";
  driver.maxaddr = haddr_t{1} << 62;
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(DiskAccess);
  driver.open = open_disk;
  driver.close = close_disk;
  driver.get_eoa = allocated_on_disk;
  driver.set_eoa = allocate_on_disk;
  driver.get_eof = length_on_disk;
  driver.read = read_disk;
  driver.write = write_disk;
  driver.truncate = truncate_disk;
  return driver;
}

struct Dimension {
  std::string name;
  hsize_t size = 0;
  Handle scale;  ///< the data set that stands for it
};

template <typename T>
hid_t memory_type();
template <>
hid_t memory_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t memory_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t memory_type<std::uint8_t>() {
  return H5T_NATIVE_UCHAR;
}

template <typename T>
hid_t file_type();
template <>
hid_t file_type<double>() {
  return H5T_IEEE_F64LE;
}
template <>
hid_t file_type<float>() {
  return H5T_IEEE_F32LE;
}
template <>
hid_t file_type<std::uint8_t>() {
  return H5T_STD_U8LE;
}

}  // namespace

struct NetcdfFile::State {
  explicit State(fs::path target) : path(std::move(target)) {
    temporary = path;
    temporary.replace_filename("." + path.filename().string() + ".partial-" + std::to_string(::getpid()));
  }

  ~State() {
    const Quiet quiet;
    dimensions.clear();
    file.reset();
    if (disk.descriptor >= 0) {
      ::close(disk.descriptor);
      ::unlink(temporary.c_str());
    }
  }

  [[noreturn]] void fail(const char* what, int reason) const {
    throw Error(ErrorCode::resource, "OUT-0001",
                std::string("output file ") + what +
                    (reason != 0 ? ": " + std::generic_category().message(reason) : std::string()),
                {path.string()});
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::input, "NCF-0001", what, {path.string()});
  }

  /// Every answer of HDF5 goes through here.
  template <typename Answer>
  Answer check(Answer answer) const {
    if (disk.error != 0) fail("cannot be written", disk.error);
    if (answer < 0) fail("cannot be written by HDF5", 0);
    return answer;
  }

  /// Called at the beginning of every step.
  void begin() const {
    if (file.get() < 0) refuse("the file is closed already");
  }

  void create() {
    const Quiet quiet;
    disk.descriptor = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (disk.descriptor < 0) fail("cannot be created", errno);
    const H5FD_class_t description = disk_driver();
    const Handle driver(check(H5FDregister(&description)), H5FDunregister);
    const Handle creation(check(H5Pcreate(H5P_FILE_CREATE)), H5Pclose);
    const Handle access(check(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
    const DiskAccess place{&disk};
    check(H5Pset_driver(access.get(), driver.get(), &place));
    check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
    // netCDF-4 asks for the order in which things were made.
    check(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    check(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    check(H5Pset_obj_track_times(creation.get(), false));
    file = Handle(check(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, creation.get(), access.get())), H5Fclose);
    unsigned major = 0, minor = 0, release = 0;
    check(H5get_libversion(&major, &minor, &release));
    text_attribute(file.get(), "_NCProperties",
                   "version=2,anamorph=" + std::string(version) + ",hdf5=" + std::to_string(major) + "." +
                       std::to_string(minor) + "." + std::to_string(release));
  }

  void text_attribute(hid_t object, const std::string& name, const std::string& text) {
    const Handle type(check(H5Tcopy(H5T_C_S1)), H5Tclose);
    check(H5Tset_size(type.get(), std::max<std::size_t>(text.size(), 1)));  // HDF5 has no text of length 0
    check(H5Tset_cset(type.get(), H5T_CSET_UTF8));
    attribute(object, name, type.get(), type.get(), text.c_str());
  }

  void attribute(hid_t object, const std::string& name, hid_t stored, hid_t given, const void* value) {
    const Handle space(check(H5Screate(H5S_SCALAR)), H5Sclose);
    const Handle made(check(H5Acreate2(object, name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT)), H5Aclose);
    check(H5Awrite(made.get(), given, value));
  }

  Handle data_set(const std::string& name, hid_t type, const std::vector<hsize_t>& shape) {
    const Handle creation(check(H5Pcreate(H5P_DATASET_CREATE)), H5Pclose);
    check(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    check(H5Pset_obj_track_times(creation.get(), false));
    const Handle space(check(shape.empty() ? H5Screate(H5S_SCALAR)
                                           : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr)),
                       H5Sclose);
    return {check(H5Dcreate2(file.get(), name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT)),
            H5Dclose};
  }

  void expect_new(const std::string& name) {
    if (check(H5Lexists(file.get(), name.c_str(), H5P_DEFAULT)) > 0) refuse("\"" + name + "\" is there already");
  }

  void describe(hid_t object, const Meaning& meaning) {
    if (!meaning.unit.empty()) text_attribute(object, "units", meaning.unit);
    if (!meaning.name.empty()) text_attribute(object, "long_name", meaning.name);
  }

  /// Makes a data set a dimension. One that merely counts has the name that netCDF-4 asks for.
  void make_dimension(const std::string& name, hsize_t size, Handle scale, bool counts) {
    char label[80];
    std::snprintf(label, sizeof label, "This is a netCDF dimension but not a netCDF variable.%10llu",
                  static_cast<unsigned long long>(size));
    check(H5DSset_scale(scale.get(), counts ? label : name.c_str()));
    const auto number = static_cast<int>(dimensions.size());
    attribute(scale.get(), "_Netcdf4Dimid", H5T_STD_I32LE, H5T_NATIVE_INT, &number);
    dimensions.push_back({name, size, std::move(scale)});
  }

  /// A variable without values yet, and its shape.
  Handle declare(const std::string& name, const std::vector<std::string>& over, hid_t type, const Meaning& meaning,
                 std::vector<hsize_t>& shape) {
    expect_new(name);
    std::vector<const Dimension*> known;
    for (const std::string& wanted : over) {
      const auto at =
          std::find_if(dimensions.begin(), dimensions.end(), [&](const auto& d) { return d.name == wanted; });
      if (at == dimensions.end()) refuse("\"" + name + "\": there is no dimension \"" + wanted + "\"");
      known.push_back(&*at);
      shape.push_back(at->size);
    }
    Handle made = data_set(name, type, shape);
    for (std::size_t i = 0; i < known.size(); ++i)
      check(H5DSattach_scale(made.get(), known[i]->scale.get(), static_cast<unsigned>(i)));
    describe(made.get(), meaning);
    return made;
  }

  void expect_count(const std::string& name, const std::vector<hsize_t>& shape, std::size_t count) {
    hsize_t wanted = 1;
    for (const hsize_t side : shape) wanted *= side;
    if (count != wanted)
      refuse("\"" + name + "\": " + std::to_string(count) + " values given, its dimensions ask for " +
             std::to_string(wanted));
  }

  template <typename T>
  void variable(const std::string& name, const std::vector<std::string>& over, std::span<const T> values,
                const Meaning& meaning) {
    const Quiet quiet;
    begin();
    std::vector<hsize_t> shape;
    const Handle made = declare(name, over, file_type<T>(), meaning, shape);
    expect_count(name, shape, values.size());
    check(H5Dwrite(made.get(), memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  }

  fs::path path;
  fs::path temporary;
  Disk disk;
  Handle file;
  std::vector<Dimension> dimensions;
};

NetcdfFile::NetcdfFile(fs::path path) : state_(std::make_unique<State>(std::move(path))) { state_->create(); }

NetcdfFile::~NetcdfFile() = default;

void NetcdfFile::dimension(const std::string& name, std::span<const double> coordinates, const Meaning& meaning) {
  const Quiet quiet;
  state_->begin();
  state_->expect_new(name);
  Handle scale = state_->data_set(name, H5T_IEEE_F64LE, {coordinates.size()});
  state_->check(H5Dwrite(scale.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, coordinates.data()));
  state_->describe(scale.get(), meaning);
  state_->make_dimension(name, coordinates.size(), std::move(scale), false);
}

void NetcdfFile::dimension(const std::string& name, std::span<const std::string> names, const Meaning& meaning) {
  const Quiet quiet;
  state_->begin();
  state_->expect_new(name);
  const Handle type(state_->check(H5Tcopy(H5T_C_S1)), H5Tclose);
  state_->check(H5Tset_size(type.get(), H5T_VARIABLE));
  state_->check(H5Tset_cset(type.get(), H5T_CSET_UTF8));
  std::vector<const char*> texts;
  for (const std::string& text : names) texts.push_back(text.c_str());
  Handle scale = state_->data_set(name, type.get(), {names.size()});
  state_->check(H5Dwrite(scale.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()));
  state_->describe(scale.get(), meaning);
  state_->make_dimension(name, names.size(), std::move(scale), false);
}

void NetcdfFile::dimension(const std::string& name, std::size_t size) {
  const Quiet quiet;
  state_->begin();
  state_->expect_new(name);
  state_->make_dimension(name, size, state_->data_set(name, H5T_IEEE_F32BE, {size}), true);
}

void NetcdfFile::variable(const std::string& name, const std::vector<std::string>& dimensions,
                          std::span<const double> values, const Meaning& meaning) {
  state_->variable(name, dimensions, values, meaning);
}

void NetcdfFile::variable(const std::string& name, const std::vector<std::string>& dimensions,
                          std::span<const float> values, const Meaning& meaning) {
  state_->variable(name, dimensions, values, meaning);
}

void NetcdfFile::variable(const std::string& name, const std::vector<std::string>& dimensions,
                          std::span<const std::uint8_t> values, const Meaning& meaning) {
  state_->variable(name, dimensions, values, meaning);
}

void NetcdfFile::variable(const std::string& name, const std::vector<std::string>& dimensions,
                          std::span<const std::complex<double>> values, const Meaning& meaning) {
  std::vector<double> part(values.size());
  const auto describe = [&](const char* what) {
    return Meaning{meaning.unit, meaning.name.empty() ? "" : meaning.name + ", " + what};
  };
  std::transform(values.begin(), values.end(), part.begin(), [](const auto& v) { return v.real(); });
  variable(name + "_re", dimensions, part, describe("real part"));
  std::transform(values.begin(), values.end(), part.begin(), [](const auto& v) { return v.imag(); });
  variable(name + "_im", dimensions, part, describe("imaginary part"));
}

void NetcdfFile::variable(const std::string& name, const std::vector<std::string>& dimensions, bool single,
                          const std::function<std::span<const double>(std::size_t)>& slab, const Meaning& meaning) {
  const Quiet quiet;
  state_->begin();
  if (dimensions.empty()) state_->refuse("\"" + name + "\": a variable in slabs needs a dimension");
  std::vector<hsize_t> shape;
  const Handle made = state_->declare(name, dimensions, single ? H5T_IEEE_F32LE : H5T_IEEE_F64LE, meaning, shape);
  std::vector<hsize_t> part = shape;
  part[0] = 1;
  const Handle memory(state_->check(H5Screate_simple(static_cast<int>(part.size()), part.data(), nullptr)), H5Sclose);
  const Handle place(state_->check(H5Dget_space(made.get())), H5Sclose);
  std::vector<hsize_t> start(shape.size(), 0);
  for (start[0] = 0; start[0] < shape[0]; ++start[0]) {
    const std::span<const double> values = slab(start[0]);
    state_->expect_count(name, part, values.size());
    state_->check(H5Sselect_hyperslab(place.get(), H5S_SELECT_SET, start.data(), nullptr, part.data(), nullptr));
    state_->check(H5Dwrite(made.get(), H5T_NATIVE_DOUBLE, memory.get(), place.get(), H5P_DEFAULT, values.data()));
  }
}

void NetcdfFile::attribute(const std::string& name, const std::string& text) {
  const Quiet quiet;
  state_->begin();
  state_->text_attribute(state_->file.get(), name, text);
}

void NetcdfFile::attribute(const std::string& name, double value) {
  const Quiet quiet;
  state_->begin();
  state_->attribute(state_->file.get(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

void NetcdfFile::commit() {
  const Quiet quiet;
  state_->begin();
  state_->dimensions.clear();
  state_->check(H5Fflush(state_->file.get(), H5F_SCOPE_GLOBAL));
  state_->file.reset();
  state_->check(0);  // what closing has written
  if (::fsync(state_->disk.descriptor) != 0) state_->fail("cannot be flushed", errno);
  if (::rename(state_->temporary.c_str(), state_->path.c_str()) != 0) state_->fail("cannot be put in place", errno);
  ::close(std::exchange(state_->disk.descriptor, -1));
}

}  // namespace anamorph
