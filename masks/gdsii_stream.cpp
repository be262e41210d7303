// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/gdsii_stream.hpp"

#include <algorithm>
#include <cstring>

#include "cpp/core/error.hpp"
#include "masks/gdsii_records.hpp"

namespace anamorph::gdsii {

namespace {

constexpr std::uint64_t largest_buffer = 256U << 10U;  // above the 64 KiB of the longest record

}  // namespace

RecordStream::RecordStream(const ByteSource& bytes, std::uint64_t begin, std::uint64_t end)
    : bytes_(bytes), end_(end), start_(begin), buffer_(std::min(largest_buffer, end - begin)) {}

void RecordStream::fail(const char* id, const std::string& what, std::uint64_t offset) const {
  std::string message = what;
  for (char& c : message)  // names of any bytes stand in it
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  throw Error(ErrorCode::input, id, message + ", at byte " + std::to_string(offset), {bytes_.name()});
}

void RecordStream::expect_size(const StreamRecord& record, std::size_t size) const {
  if (record.data.size() != size)
    fail("GDS-0022",
         title(record.type) + " has " + std::to_string(record.data.size()) + " bytes of data; expected " +
             std::to_string(size),
         record.offset);
}

/// The next `count` bytes; fewer at the end.
std::string_view RecordStream::ahead(std::size_t count) {
  if (filled_ - at_ < count) {
    if (filled_ > at_) std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    start_ += at_;
    filled_ -= at_;
    at_ = 0;
    const std::uint64_t from = start_ + filled_;
    const std::size_t room = std::min<std::uint64_t>(buffer_.size() - filled_, end_ - from);
    filled_ += bytes_.read(from, {buffer_.data() + filled_, room});
  }
  return {buffer_.data() + at_, std::min(count, filled_ - at_)};
}

StreamRecord RecordStream::next() {
  StreamRecord record;
  record.offset = offset();
  record.data = ahead(4);
  if (record.data.size() < 4) fail("GDS-0020", "the file ends before ENDLIB: it is cut short", record.offset);
  const std::size_t length = record.unsigned16(0);
  record.type = static_cast<std::uint16_t>(record.unsigned16(2));
  if (length < 4 || length % 2 != 0)
    fail("GDS-0021", "a record of " + std::to_string(length) + " bytes; expected an even number of 4 and more",
         record.offset);
  if (!known(record.type)) fail("GDS-0023", "no record has the type " + title(record.type), record.offset);
  const std::string_view whole = ahead(length);
  if (whole.size() < length)
    fail("GDS-0020", "the file ends within " + title(record.type) + ": it is cut short", record.offset);
  at_ += length;
  record.data = whole.substr(4);
  return record;
}

Property property(const StreamRecord& record, RecordStream& stream) {
  stream.expect_size(record, 2);
  const std::uint64_t number = record.unsigned16(0);
  const StreamRecord value = stream.next();
  if (value.type != property_value)
    stream.fail("GDS-0024", title(value.type) + " where PROPVALUE is expected", value.offset);
  return {"S_GDS_PROPERTY", {number, std::string(value.text())}};
}

bool of_library(std::uint16_t record) noexcept {
  switch (record >> 8U) {
    case 0x01:  // BGNLIB
    case 0x1F:  // REFLIBS
    case 0x20:  // FONTS
    case 0x22:  // GENERATIONS
    case 0x23:  // ATTRTABLE
    case 0x24:  // STYPTABLE
    case 0x32:  // TAPENUM
    case 0x33:  // TAPECODE
    case 0x35:  // RESERVED
    case 0x36:  // FORMAT
    case 0x37:  // MASK
    case 0x38:  // ENDMASKS
    case 0x39:  // LIBDIRSIZE
    case 0x3A:  // SRFNAME
    case 0x3B:  // LIBSECUR
      return true;
    default:
      return false;
  }
}

}  // namespace anamorph::gdsii
