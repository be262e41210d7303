// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/oasis.hpp"
#include "masks/oasis_elements.hpp"
#include "masks/oasis_inflate.hpp"

namespace anamorph {

namespace {

using namespace oasis;

constexpr std::string_view magic = "%SEMI-OASIS\r\n";
constexpr std::uint64_t end_size = 256;

class OasisFile final : public LayoutFile {
 public:
  explicit OasisFile(std::unique_ptr<ByteSource> source);

  double dbu_nm() const noexcept override { return dbu_nm_; }
  const std::string& library_name() const noexcept override { return library_; }
  const Properties& properties() const noexcept override { return properties_; }
  const std::vector<std::string>& cells() const noexcept override { return cells_; }
  const std::string& name() const noexcept override { return source_->name(); }

  std::uint64_t cell_offset(std::size_t cell) const override { return places_.at(cell).offset; }
  Properties cell_properties(std::size_t cell) const override {
    const auto found = cell_properties_.find(cells_.at(cell));
    return found == cell_properties_.end() ? Properties{} : found->second;
  }

  void read(std::size_t cell, LayoutSink& sink) const override {
    std::unique_ptr<Bytes> bytes = take();
    bytes->seek(places_.at(cell));
    Elements(*bytes, &names_, &sink).read();
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(bytes));
  }

 private:
  struct Index;

  /// A reader that is not in use: the last one returned stands where the next cell begins.
  std::unique_ptr<Bytes> take() const {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Bytes> bytes = std::move(idle_.back());
        idle_.pop_back();
        return bytes;
      }
    }
    return std::make_unique<Bytes>(*source_);
  }

  std::unique_ptr<ByteSource> source_;
  double dbu_nm_ = 1;
  std::string library_;
  Properties properties_;
  std::vector<std::string> cells_;
  std::vector<Place> places_;  // behind the CELL records
  std::map<std::string, Properties, std::less<>> cell_properties_;
  Names names_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Bytes>> idle_;
};

/// Goes through the whole file once, then again to the properties of the file and of cells, for their names may come
/// behind them.
struct OasisFile::Index {
  explicit Index(OasisFile& of) : file(of), bytes(*of.source_) {}

  OasisFile& file;
  Bytes bytes;
  std::vector<NameRef> cell_names;
  struct Owner {
    Place place;  ///< of the first PROPERTY record
    bool of_file = false;
    bool of_name = false;  ///< of the CELLNAME `number`, or else of cell `number`
    std::uint64_t number = 0;
  };
  std::vector<Owner> owners;
  std::uint64_t held = 0;  ///< memory of cells and owners, bytes
  bool offsets_in_end = false;

  void build() {
    begin();
    records();
    finish();
  }

  void begin() {
    std::array<char, magic.size()> first{};
    const std::size_t count = file.source_->read(0, first);
    if (!looks_like_oasis({first.data(), count}))
      bytes.fail("OAS-0001", "is no OASIS file: does not begin with %SEMI-OASIS");
    bytes.seek({magic.size()});
    if (bytes.next_record() != start) bytes.fail("OAS-0001", "has no START record", bytes.record_place());
    if (const std::string version = bytes.string(); version != "1.0")
      bytes.fail("OAS-0001", "has a version of OASIS that is not 1.0", bytes.record_place());
    // Grid steps per um; a ratio is turned over exactly.
    const std::uint64_t type = bytes.number();
    const double above = type == 4 ? static_cast<double>(bytes.number()) : bytes.real(type);
    const double below = type == 4 ? static_cast<double>(bytes.number()) : 1;
    file.dbu_nm_ = 1000 * below / above;
    if (!(above > 0) || !(file.dbu_nm_ > 0) || !std::isfinite(file.dbu_nm_))
      bytes.fail("OAS-0001", "has a number of grid steps per um that is not above zero");
    const std::uint64_t flag = bytes.number();
    if (flag > 1) bytes.fail("OAS-0001", "has a flag of table offsets that is neither 0 nor 1");
    offsets_in_end = flag == 1;
    if (!offsets_in_end) table_offsets();
  }

  /// Strict flag and offset of six tables. All is found without them, but they must lie in the file.
  void table_offsets() {
    for (int i = 0; i < 6; ++i) {
      if (bytes.number() > 1) bytes.fail("OAS-0005", "has a table that is neither strict (1) nor not (0)");
      if (bytes.number() >= bytes.size()) bytes.fail("OAS-0005", "has a table that begins beyond the end of the file");
    }
  }

  void records() {
    PropertyReader property(bytes, nullptr);
    Owner owner;  // of properties that follow
    owner.of_file = true;
    bool owned = true;
    bool noted = false;  // whether `owner` is among the owners
    Names& names = file.names_;
    std::uint64_t budget = bytes.list_limit();
    int record = bytes.next_record();
    for (;;) {
      if (record == oasis::property || record == property_again) {
        if (owned && !noted) {
          owner.place = bytes.record_place();
          owners.push_back(owner);
          hold(sizeof owner);
          noted = true;
        }
        Properties none;
        property.read(record, none, budget);
        record = bytes.next_record();
        continue;
      }
      budget = bytes.list_limit();
      property.reset();
      owner = {};
      owned = noted = false;
      switch (record) {
        case cellname:
        case cellname_numbered:
          names.cells.add(bytes, record == cellname_numbered);
          owned = owner.of_name = true;
          owner.number = names.cells.last();
          break;
        case textstring:
        case textstring_numbered:
          names.texts.add(bytes, record == textstring_numbered);
          break;
        case propname:
        case propname_numbered:
          names.properties.add(bytes, record == propname_numbered);
          break;
        case propstring:
        case propstring_numbered:
          names.strings.add(bytes, record == propstring_numbered);
          break;
        case layername_geometry:
        case layername_text:
          (void)bytes.string();
          interval();
          interval();
          break;
        case xname:
        case xname_numbered:
          (void)bytes.number();
          (void)bytes.string();
          if (record == xname_numbered) (void)bytes.number();
          break;
        case cell_numbered:
        case cell_named: {
          if (record == cell_named)
            cell_names.emplace_back(bytes.string());
          else
            cell_names.emplace_back(bytes.number());
          const auto* name = std::get_if<std::string>(&cell_names.back());
          hold(sizeof(NameRef) + sizeof(std::string) + sizeof(Place) + (name ? 2 * name->size() : 0));
          file.places_.push_back(bytes.place());
          Elements elements(bytes, nullptr, nullptr);
          const int next = elements.read();
          if (elements.has_properties()) {
            owner.place = file.places_.back();
            owner.number = cell_names.size() - 1;
            owners.push_back(owner);
            hold(sizeof owner);
          }
          record = next;
          continue;
        }
        case end:
          read_end();
          return;
        default:
          bytes.fail("OAS-0003", "has a record of type " + std::to_string(record) + " outside of a cell",
                     bytes.record_place());
      }
      hold(0);
      record = bytes.next_record();
    }
  }

  void hold(std::uint64_t more) {
    held += more;
    constexpr std::uint64_t base = 64 << 20;
    const std::uint64_t all = held + file.names_.memory();
    if (all > base && (all - base) / 64 > bytes.size())
      bytes.fail("OAS-0007", "has more names than a file of its size may");
  }

  void interval() {
    const std::uint64_t type = bytes.number();
    if (type > 4)
      bytes.fail("OAS-0003", "has an interval of unknown type " + std::to_string(type) + ", expected 0 to 4");
    for (std::uint64_t i = 0; i < (type == 4 ? 2u : type == 0 ? 0u : 1u); ++i) (void)bytes.number();
  }

  void read_end() {
    const Place record = bytes.record_place();
    if (offsets_in_end) table_offsets();
    (void)bytes.string();
    const std::uint64_t scheme = bytes.number();
    if (scheme > 2)
      bytes.fail("OAS-0008", "has a validation scheme " + std::to_string(scheme) + ", expected 0, 1 or 2");
    const std::uint64_t signed_bytes = bytes.place().offset;
    std::uint32_t stated = 0;
    for (int i = 0; scheme != 0 && i < 4; ++i) stated |= std::uint32_t{bytes.byte()} << (8 * i);
    if (bytes.place().offset != bytes.size() || bytes.size() - record.offset != end_size)
      bytes.fail("OAS-0008", "has an END record that is not the last 256 bytes of the file", record);
    if (scheme != 0 && signature(signed_bytes, scheme == 1) != stated)
      bytes.fail("OAS-0008", scheme == 1 ? "has another CRC32 than it states" : "has another checksum than it states",
                 record);
  }

  std::uint32_t signature(std::uint64_t until, bool crc) const {
    std::vector<char> buffer(1 << 18);
    std::uint32_t result = 0;
    for (std::uint64_t at = 0; at < until;) {
      const std::size_t count = file.source_->read(
          at, {buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), until - at))});
      if (count == 0) break;
      const std::string_view piece(buffer.data(), count);
      if (crc)
        result = crc_with(result, piece);
      else
        for (const char c : piece) result += static_cast<unsigned char>(c);
      at += count;
    }
    return result;
  }

  void finish() {
    Names& names = file.names_;
    for (NameTable* table : {&names.cells, &names.texts, &names.properties, &names.strings}) table->finish(bytes);
    std::unordered_set<std::string_view> seen;
    file.cells_.reserve(cell_names.size());
    for (std::size_t i = 0; i < cell_names.size(); ++i) {
      NameRef& ref = cell_names[i];
      bytes.seek(file.places_[i]);
      if (const auto* number = std::get_if<std::uint64_t>(&ref))
        file.cells_.push_back(names.cells.at(bytes, *number));
      else
        file.cells_.push_back(std::move(std::get<std::string>(ref)));
      if (!seen.insert(file.cells_.back()).second)
        bytes.fail("OAS-0005", "has two cells named " + shown(file.cells_.back()));
    }
    std::uint64_t budget = 64 * bytes.size() + (std::uint64_t{1} << 20);
    for (const Owner& owner : owners) {
      bytes.seek(owner.place);
      Properties found;
      PropertyReader property(bytes, &names);
      int record = bytes.next_record();
      // Behind a CELL record there may be others first, which say how coordinates are meant.
      while (record == oasis::property || record == property_again || record == xy_absolute || record == xy_relative) {
        if (record == oasis::property || record == property_again) property.read(record, found, budget);
        record = bytes.next_record();
      }
      if (found.empty()) continue;
      const std::string* cell = owner.of_name ? names.cells.find(owner.number) : nullptr;
      if (!owner.of_file && !owner.of_name) cell = &file.cells_[owner.number];
      Properties& into = owner.of_file ? file.properties_ : file.cell_properties_[*cell];
      into.insert(into.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
  }
};

OasisFile::OasisFile(std::unique_ptr<ByteSource> source) : source_(std::move(source)) { Index(*this).build(); }

}  // namespace

bool looks_like_oasis(std::string_view first_bytes) noexcept { return first_bytes.substr(0, magic.size()) == magic; }

std::unique_ptr<LayoutFile> open_oasis(std::unique_ptr<ByteSource> bytes) {
  return std::make_unique<OasisFile>(std::move(bytes));
}

}  // namespace anamorph
