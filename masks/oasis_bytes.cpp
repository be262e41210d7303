// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis_bytes.hpp"

#include <algorithm>
#include <cstring>

#include "cpp/core/error.hpp"
#include "masks/oasis_inflate.hpp"

namespace anamorph::oasis {

namespace {
constexpr std::size_t buffer_size = 1 << 16;
}

Bytes::Bytes(const ByteSource& source) : source_(source), block_(std::make_unique<Inflater>(source)) {
  raw_.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer_size, std::max<std::uint64_t>(source.size(), 1))));
  begin_ = at_ = end_ = raw_.data();
}

Bytes::~Bytes() = default;

std::string shown(std::string_view name) {
  std::string result(name.substr(0, 60));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return result;
}

void Bytes::fail(const char* id, const std::string& what, const Place& place) const {
  std::string message =
      what + ", at byte " + std::to_string(place.inner == Place::outside ? place.offset : place.inner);
  if (place.inner != Place::outside)
    message += " of what the CBLOCK at byte " + std::to_string(place.offset) + " holds";
  throw Error(ErrorCode::input, id, message, {source_.name()});
}

void Bytes::fail(const char* id, const std::string& what) const { fail(id, what, place()); }

Place Bytes::place() const noexcept {
  const std::uint64_t here = raw_base_ + static_cast<std::uint64_t>(at_ - begin_);
  return inside_ ? Place{block_->record(), here} : Place{here};
}

void Bytes::load(std::uint64_t offset) {
  inside_ = false;
  begin_ = at_ = raw_.data();
  raw_base_ = offset;
  end_ = begin_ + source_.read(offset, raw_);
}

void Bytes::refill() {
  if (!inside_) {
    const std::uint64_t here = place().offset;
    load(here);
    if (at_ == end_) fail("OAS-0002", "ends within a record");
    return;
  }
  const std::uint64_t here = place().inner;
  const std::string_view more = block_->next();
  if (!block_->wrong().empty()) fail("OAS-0006", block_->wrong());
  begin_ = at_ = more.data();
  end_ = begin_ + more.size();
  raw_base_ = here;
  if (at_ == end_) fail("OAS-0006", "has a CBLOCK that ends within a record");
}

void Bytes::seek(const Place& place) {
  if (place.inner == Place::outside) {
    const auto loaded = static_cast<std::uint64_t>(end_ - begin_);
    if (!inside_ && place.offset >= raw_base_ && place.offset - raw_base_ < loaded)
      at_ = begin_ + (place.offset - raw_base_);
    else
      load(place.offset);
    return;
  }
  const bool same = inside_ && block_->record() == place.offset && place.inner >= raw_base_;
  if (same && place.inner - raw_base_ <= static_cast<std::uint64_t>(end_ - begin_)) {
    at_ = begin_ + (place.inner - raw_base_);
    return;
  }
  if (!same) {
    load(place.offset);
    if (byte() != cblock) fail("OAS-0006", "has no CBLOCK where one was");
    enter_block();
  }
  skip(place.inner - this->place().inner);
}

void Bytes::enter_block() {
  const Place record{place().offset - 1};
  if (number() != 0) fail("OAS-0006", "has a CBLOCK of an unknown kind of compression, only DEFLATE (0) is known");
  const std::uint64_t inflated = number();
  const std::uint64_t deflated = number();
  const std::uint64_t data = place().offset;
  if (deflated > size() - data)
    fail("OAS-0006", "has a CBLOCK of " + std::to_string(deflated) + " bytes that goes beyond the end of the file",
         record);
  // DEFLATE makes at most 258 bytes of two bits.
  if (inflated / 1032 > deflated)
    fail("OAS-0006",
         "has a CBLOCK that says " + std::to_string(deflated) + " bytes inflate to " + std::to_string(inflated) +
             ", which they cannot",
         record);
  block_->begin(record.offset, data, deflated, inflated);
  inside_ = true;
  begin_ = at_ = end_ = raw_.data();
  raw_base_ = 0;
}

void Bytes::leave_block() {
  if (const std::string wrong = block_->finish(); !wrong.empty()) fail("OAS-0006", wrong);
  load(block_->after());
}

int Bytes::next_record() {
  for (;;) {
    while (inside_ && at_ == end_ && place().inner == block_->inflated()) leave_block();
    record_ = place();
    if (!inside_ && at_ == end_) {
      load(record_.offset);
      if (at_ == end_) fail("OAS-0002", "ends without an END record");
    }
    const std::uint64_t id = number();
    if (id == pad) continue;
    if (id > cblock) fail("OAS-0003", "has a record of unknown type " + std::to_string(id), record_);
    if (inside_ && (id == cblock || id == end || id == start))
      fail("OAS-0006", "has a START, END or CBLOCK record within a CBLOCK", record_);
    if (id != cblock) return static_cast<int>(id);
    if (place().offset != record_.offset + 1) fail("OAS-0003", "has a padded CBLOCK number", record_);
    enter_block();
  }
}

std::uint64_t Bytes::number() {
  std::uint64_t value = byte();
  if (value < 128) return value;
  value &= 127;
  for (int shift = 7;; shift = std::min(shift + 7, 70)) {  // any number of bytes without bits may follow
    const std::uint64_t next = byte();
    const std::uint64_t bits = next & 127;
    if (bits != 0 && (shift > 63 || (shift == 63 && bits > 1))) fail("OAS-0007", "has an integer of more than 64 bits");
    if (bits != 0) value |= bits << shift;
    if (next < 128) return value;
  }
}

std::int64_t Bytes::magnitude(std::uint64_t value) const {
  if (value > static_cast<std::uint64_t>(coordinate_limit) * 2)
    fail("OAS-0007", "has a distance beyond 2^61 database units");
  return static_cast<std::int64_t>(value);
}

std::int64_t Bytes::whole() {
  const std::uint64_t value = number();
  const auto magnitude = static_cast<std::int64_t>(value >> 1);
  return value & 1 ? -magnitude : magnitude;
}

double Bytes::real(std::uint64_t type) {
  const auto divided = [&](double sign) {
    const auto below = static_cast<double>(number());
    if (below == 0) fail("OAS-0003", "has a number divided by zero");
    return sign / below;
  };
  switch (type) {
    case 0:
      return static_cast<double>(number());
    case 1:
      return -static_cast<double>(number());
    case 2:
      return divided(1);
    case 3:
      return divided(-1);
    case 4:
    case 5: {
      const auto above = static_cast<double>(number());
      return divided(type == 4 ? above : -above);
    }
    case 6: {
      std::uint32_t bits = 0;
      for (int i = 0; i < 4; ++i) bits |= std::uint32_t{byte()} << (8 * i);
      float value = 0;
      std::memcpy(&value, &bits, sizeof value);
      return static_cast<double>(value);
    }
    case 7: {
      std::uint64_t bits = 0;
      for (int i = 0; i < 8; ++i) bits |= std::uint64_t{byte()} << (8 * i);
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      return value;
    }
    default:
      fail("OAS-0003", "has a real number of unknown type " + std::to_string(type) + ", expected 0 to 7");
  }
}

std::string Bytes::string() {
  std::uint64_t left = number();
  const Place here = place();
  if (left > (inside_ ? block_->inflated() - here.inner : size() - here.offset))
    fail("OAS-0002", "has a string of " + std::to_string(left) + " bytes, more than follow");
  (void)list_size(left);
  std::string result;
  while (left > 0) {
    if (at_ == end_) refill();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, static_cast<std::uint64_t>(end_ - at_)));
    result.append(at_, count);
    at_ += count;
    left -= count;
  }
  return result;
}

void Bytes::skip(std::uint64_t count) {
  while (count > 0) {
    if (at_ == end_) refill();
    const std::uint64_t step = std::min<std::uint64_t>(count, static_cast<std::uint64_t>(end_ - at_));
    at_ += step;
    count -= step;
  }
}

std::uint64_t Bytes::list_limit() const noexcept {
  return std::max<std::uint64_t>(std::uint64_t{1} << 20, 16 * std::min(size(), std::uint64_t{1} << 58));
}

std::size_t Bytes::list_size(std::uint64_t count) {
  if (count > list_limit())
    fail("OAS-0007", "has a list of " + std::to_string(count) + " entries, more than a file of its size may");
  return static_cast<std::size_t>(count);
}

}  // namespace anamorph::oasis
