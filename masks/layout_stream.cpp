// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/gdsii.hpp"
#include "masks/oasis.hpp"

namespace anamorph {

namespace {

Error unreadable(const std::string& name, const char* id, const std::string& what) {
  return {ErrorCode::input, id, what, {name}};
}

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& file) : name_(file.string()) {
    descriptor_ =
        ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block before it is refused
    if (descriptor_ < 0) {
      const int reason = errno;
      if (reason == ENOENT) throw unreadable(name_, "LAY-0001", "no such layout file");
      throw unreadable(name_, "LAY-0003", std::string("cannot be read: ") + std::strerror(reason));
    }
    struct ::stat status {};
    const bool regular = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
    if (!regular) {
      ::close(descriptor_);
      throw unreadable(name_, "LAY-0002", "not a file; expected a layout file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~FileBytes() override { ::close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<char> into) const override {
    std::size_t done = 0;
    while (done < into.size() && offset + done < size_) {
      const ::ssize_t got =
          ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<::off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw unreadable(name_, "LAY-0003", std::string("cannot be read: ") + std::strerror(errno));
      if (got == 0) break;  // became shorter meanwhile
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

class MemoryBytes final : public ByteSource {
 public:
  MemoryBytes(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return bytes_.size(); }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<char> into) const override {
    if (offset >= bytes_.size()) return 0;
    return bytes_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
  }

 private:
  std::string_view bytes_;
  std::string name_;
};

}  // namespace

void LayoutSink::box(const LayerNumber& layer, const DbuBox& b, const Repetition& repetition,
                     const Properties& properties) {
  if (b.empty()) return;
  polygon(layer, {{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}}, repetition, properties);
}

void LayoutSink::path(const LayerNumber& layer, const LayoutPath& p, const Repetition& repetition,
                      const Properties& properties) {
  const DbuPolygon shape = outline(p);
  if (!shape.empty()) polygon(layer, shape, repetition, properties);
}

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& file) { return std::make_unique<FileBytes>(file); }

std::unique_ptr<ByteSource> memory_bytes(std::string_view bytes, const std::string& name) {
  return std::make_unique<MemoryBytes>(bytes, name);
}

std::unique_ptr<LayoutFile> open_layout(std::unique_ptr<ByteSource> bytes) {
  constexpr std::string_view oasis_magic = "%SEMI-OASIS\r\n";
  constexpr std::string_view gdsii_header("\x00\x06\x00\x02", 4);
  std::array<char, oasis_magic.size()> first{};
  const std::string_view head(first.data(), bytes->read(0, first));
  if (head.starts_with(gdsii_header)) return open_gdsii(std::move(bytes));
  if (head == oasis_magic) return open_oasis(std::move(bytes));
  throw unreadable(bytes->name(), "LAY-0010",
                   "neither GDSII (a HEADER record) nor OASIS (\"%SEMI-OASIS\") begins at byte 0");
}

}  // namespace anamorph
