// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/gdsii.hpp"
#include "masks/gdsii_element.hpp"
#include "masks/gdsii_records.hpp"
#include "masks/gdsii_stream.hpp"

namespace anamorph {

namespace {

using gdsii::Element;
using gdsii::RecordStream;
using gdsii::StreamRecord;
using gdsii::title;

class GdsiiFile final : public LayoutFile {
 public:
  explicit GdsiiFile(std::unique_ptr<ByteSource> bytes) : bytes_(std::move(bytes)) { index(); }

  [[nodiscard]] double dbu_nm() const noexcept override { return dbu_nm_; }
  [[nodiscard]] const std::string& library_name() const noexcept override { return library_; }
  [[nodiscard]] const Properties& properties() const noexcept override { return properties_; }
  [[nodiscard]] const std::vector<std::string>& cells() const noexcept override { return names_; }
  [[nodiscard]] const std::string& name() const noexcept override { return bytes_->name(); }

  [[nodiscard]] Properties cell_properties(std::size_t cell) const override {
    RecordStream stream(*bytes_, places_.at(cell).begin, places_.at(cell).end);
    return head(stream).first;
  }

  [[nodiscard]] std::uint64_t cell_offset(std::size_t cell) const override { return places_.at(cell).begin; }

  void read(std::size_t cell, LayoutSink& sink) const override {
    RecordStream stream(*bytes_, places_.at(cell).begin, places_.at(cell).end);
    Element element;
    for (StreamRecord record = head(stream).second; record.type != gdsii::end_cell; record = stream.next()) {
      element.read(record, stream);
      element.tell(sink, stream);
    }
  }

 private:
  struct Place {
    std::uint64_t begin = 0;  ///< of the record after the name
    std::uint64_t end = 0;    ///< behind ENDSTR
  };

  /// The properties of a cell, which precede its elements (an extension of KLayout), and the record after them.
  static std::pair<Properties, StreamRecord> head(RecordStream& stream) {
    Properties properties;
    for (;;) {
      const StreamRecord record = stream.next();
      if (record.type == gdsii::property_number)
        properties.push_back(gdsii::property(record, stream));
      else if (record.type >> 8U != 0x34)  // STRCLASS, for the use of one vendor's programs
        return {std::move(properties), record};
    }
  }

  void index() {
    RecordStream stream(*bytes_, 0, bytes_->size());
    std::unordered_set<std::string> known;
    StreamRecord record = stream.next();
    if (record.type != gdsii::header) stream.fail("GDS-0010", "the file does not begin with HEADER", record.offset);
    for (;;) {
      record = stream.next();
      switch (record.type) {
        case gdsii::library_name:
          library_ = record.text();
          break;
        case gdsii::property_number:
          properties_.push_back(gdsii::property(record, stream));
          break;
        case gdsii::units:
          read_units(record, stream);
          break;
        case gdsii::begin_cell:
          if (dbu_nm_ == 0) stream.fail("GDS-0011", "a cell begins before UNITS", record.offset);
          index_cell(stream, known);
          break;
        case gdsii::end_library:
          if (dbu_nm_ == 0) stream.fail("GDS-0011", "the library ends without UNITS", record.offset);
          return;  // what follows is padding of tape blocks
        default:
          if (!gdsii::of_library(record.type))
            stream.fail("GDS-0012", title(record.type) + " outside of a cell", record.offset);
      }
    }
  }

  void read_units(const StreamRecord& record, const RecordStream& stream) {
    stream.expect_size(record, 16);
    dbu_nm_ = gdsii::decode_unit(record.unsigned64(8));
    if (!(dbu_nm_ > 0)) stream.fail("GDS-0013", "UNITS gives no positive database unit", record.offset);
  }

  void index_cell(RecordStream& stream, std::unordered_set<std::string>& known) {
    StreamRecord record = stream.next();
    if (record.type != gdsii::cell_name)
      stream.fail("GDS-0014", title(record.type) + " where STRNAME is expected", record.offset);
    std::string name(record.text());
    if (name.empty()) stream.fail("GDS-0014", "a cell without a name", record.offset);
    if (!known.insert(name).second)
      stream.fail("GDS-0015", "cell \"" + name + "\" is defined a second time", record.offset);
    const std::uint64_t begin = stream.offset();
    do {
      record = stream.next();
      if (record.type == gdsii::begin_cell || record.type == gdsii::end_library)
        stream.fail("GDS-0016", title(record.type) + " within cell \"" + name + "\", which has no ENDSTR",
                    record.offset);
    } while (record.type != gdsii::end_cell);
    names_.push_back(std::move(name));
    places_.push_back({begin, stream.offset()});
  }

  std::unique_ptr<ByteSource> bytes_;
  double dbu_nm_ = 0;
  std::string library_;
  Properties properties_;
  std::vector<std::string> names_;
  std::vector<Place> places_;
};

}  // namespace

std::unique_ptr<LayoutFile> open_gdsii(std::unique_ptr<ByteSource> bytes) {
  return std::make_unique<GdsiiFile>(std::move(bytes));
}

}  // namespace anamorph
