// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "masks/layout_stream.hpp"

namespace anamorph::gdsii {

/// A record of a stream; its data are valid until the next one is read.
struct StreamRecord {
  std::uint64_t offset = 0;
  std::uint16_t type = 0;
  std::string_view data;

  [[nodiscard]] std::uint64_t unsigned64(std::size_t at) const noexcept { return number<8>(at); }
  [[nodiscard]] std::int64_t signed32(std::size_t at) const noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(number<4>(at)));
  }
  [[nodiscard]] std::uint32_t unsigned16(std::size_t at) const noexcept {
    return static_cast<std::uint32_t>(number<2>(at));
  }
  /// Without the zeros that fill it up.
  [[nodiscard]] std::string_view text() const noexcept {
    const std::size_t last = data.find_last_not_of('\0');
    return data.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }

 private:
  template <int Bytes>
  [[nodiscard]] std::uint64_t number(std::size_t at) const noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + Bytes; ++i) value = value << 8U | static_cast<unsigned char>(data[i]);
    return value;
  }
};

/// The records of a part [begin, end) of a file, one after the other, through a bounded buffer.
class RecordStream {
 public:
  RecordStream(const ByteSource& bytes, std::uint64_t begin, std::uint64_t end);

  /// The next record, of a type that the format knows. Error{input} at the end and for lengths that cannot be.
  StreamRecord next();
  /// Where the next record begins.
  [[nodiscard]] std::uint64_t offset() const noexcept { return start_ + at_; }

  [[noreturn]] void fail(const char* id, const std::string& what, std::uint64_t offset) const;
  void expect_size(const StreamRecord& record, std::size_t size) const;

 private:
  [[nodiscard]] std::string_view ahead(std::size_t count);

  const ByteSource& bytes_;
  std::uint64_t end_;
  std::uint64_t start_;  ///< place of the buffer's first byte
  std::vector<char> buffer_;
  std::size_t filled_ = 0;
  std::size_t at_ = 0;
};

/// The property whose number is `record`; its value follows.
[[nodiscard]] Property property(const StreamRecord& record, RecordStream& stream);

/// Whether a record may stand between HEADER and ENDLIB outside of cells.
[[nodiscard]] bool of_library(std::uint16_t record) noexcept;

}  // namespace anamorph::gdsii
