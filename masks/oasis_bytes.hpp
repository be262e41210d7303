// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "masks/layout_stream.hpp"

// The lower half of the OASIS reader: bytes, inside and outside of CBLOCKs, and what is made of them (SEMI P39, 7).

namespace anamorph::oasis {

/// Record numbers of SEMI P39, table 22.
enum Record : int {
  pad = 0,
  start = 1,
  end = 2,
  cellname = 3,
  cellname_numbered = 4,
  textstring = 5,
  textstring_numbered = 6,
  propname = 7,
  propname_numbered = 8,
  propstring = 9,
  propstring_numbered = 10,
  layername_geometry = 11,
  layername_text = 12,
  cell_numbered = 13,
  cell_named = 14,
  xy_absolute = 15,
  xy_relative = 16,
  placement = 17,
  placement_transformed = 18,
  text = 19,
  rectangle = 20,
  polygon = 21,
  path = 22,
  trapezoid = 23,
  trapezoid_a = 24,
  trapezoid_b = 25,
  ctrapezoid = 26,
  circle = 27,
  property = 28,
  property_again = 29,
  xname = 30,
  xname_numbered = 31,
  xelement = 32,
  xgeometry = 33,
  cblock = 34
};

/// Largest magnitude of a coordinate: differences of two stay exact in 64 bits.
constexpr std::int64_t coordinate_limit = std::int64_t{1} << 60;

/// A place in the file: an offset, or that of a CBLOCK record and an offset within what it inflates to.
struct Place {
  static constexpr std::uint64_t outside = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t offset = 0;
  std::uint64_t inner = outside;
};

class Inflater;

/// A file as a stream of bytes: CBLOCKs are inflated on the way, through buffers of fixed size. Every failure is an
/// Error{input} that names the byte.
class Bytes {
 public:
  explicit Bytes(const ByteSource& source);
  ~Bytes();
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  /// Goes to a place; forwards within the same CBLOCK nothing is inflated twice.
  void seek(const Place& place);
  [[nodiscard]] Place place() const noexcept;

  /// Number of the next record, which lies before place() afterwards; passes over PAD, enters and leaves CBLOCKs.
  int next_record();
  /// Where the record lies that next_record() told last.
  [[nodiscard]] const Place& record_place() const noexcept { return record_; }

  std::uint8_t byte() {
    if (at_ == end_) refill();
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t number();  ///< unsigned-integer
  std::int64_t whole();    ///< signed-integer
  double real() { return real(number()); }
  double real(std::uint64_t type);
  std::string string();
  void skip(std::uint64_t count);

  DbuPoint delta1(bool horizontal);  ///< 1-delta
  DbuPoint delta2();                 ///< 2-delta
  DbuPoint delta3();                 ///< 3-delta
  DbuPoint g_delta();
  /// Points after the first, which is (0, 0); of a polygon (types 0 and 1) with its implied last one.
  void point_list(bool of_polygon, std::vector<DbuPoint>& points);
  /// A repetition; `modal` is the last one (`known` whether there was one) and receives it. Whether it is a new one.
  bool repetition(Repetition& modal, bool& known);
  /// How many entries or characters a list may have in a file of this size.
  [[nodiscard]] std::uint64_t list_limit() const noexcept;
  /// Number of entries of a list, checked against the size of the file.
  std::size_t list_size(std::uint64_t count);

  /// Throws Error{input}: `what`, at the present place.
  [[noreturn]] void fail(const char* id, const std::string& what) const;
  /// The same at another place.
  [[noreturn]] void fail(const char* id, const std::string& what, const Place& place) const;

  [[nodiscard]] std::uint64_t size() const noexcept { return source_.size(); }

 private:
  void refill();
  void load(std::uint64_t offset);
  void enter_block();
  void leave_block();
  std::int64_t magnitude(std::uint64_t value) const;
  DbuPoint direction(std::uint64_t direction, std::uint64_t distance) const;

  const ByteSource& source_;
  std::vector<char> raw_;       // of the file
  std::uint64_t raw_base_ = 0;  // offset of at_'s buffer, in the file or in the CBLOCK
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::unique_ptr<Inflater> block_;
  bool inside_ = false;
  Place record_;
};

/// A name as it can stand in a message: at most 60 characters, those that are not printable as question marks.
[[nodiscard]] std::string shown(std::string_view name);

/// a + b; fails beyond the limit of coordinates.
[[nodiscard]] inline std::int64_t sum(const Bytes& bytes, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_add_overflow(a, b, &result) || result > coordinate_limit || result < -coordinate_limit)
    bytes.fail("OAS-0007", "has a coordinate beyond 2^60 database units");
  return result;
}

}  // namespace anamorph::oasis
