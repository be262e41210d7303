// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis_names.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace anamorph::oasis {

void NameTable::add(Bytes& bytes, bool numbered) {
  if (!names_.empty() && numbered != numbered_)
    bytes.fail("OAS-0005", std::string("has ") + what_ + " records with numbers and others without");
  numbered_ = numbered;
  std::string name = bytes.string();
  const std::uint64_t number = numbered ? bytes.number() : names_.size();
  memory_ += sizeof names_[0] + name.size();
  names_.emplace_back(number, std::move(name));
}

void NameTable::finish(const Bytes& bytes) {
  const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(names_.begin(), names_.end(), before)) std::sort(names_.begin(), names_.end(), before);
  for (std::size_t i = 1; i < names_.size(); ++i)
    if (names_[i].first == names_[i - 1].first)
      bytes.fail("OAS-0005",
                 std::string("has two ") + what_ + " records of the number " + std::to_string(names_[i].first));
}

const std::string* NameTable::find(std::uint64_t number) const {
  if (number < names_.size() && names_[number].first == number) return &names_[number].second;
  const auto at = std::lower_bound(names_.begin(), names_.end(), number,
                                   [](const auto& entry, std::uint64_t wanted) { return entry.first < wanted; });
  return at != names_.end() && at->first == number ? &at->second : nullptr;
}

const std::string& NameTable::at(const Bytes& bytes, std::uint64_t number) const {
  const std::string* name = find(number);
  if (!name) bytes.fail("OAS-0005", std::string("has no ") + what_ + " of the number " + std::to_string(number));
  return *name;
}

namespace {

/// Standard properties (SEMI P39, appendix 2) that tell how the file is laid out.
bool describes_file(std::string_view name) {
  static constexpr std::array<std::string_view, 9> names = {"S_MAX_SIGNED_INTEGER_WIDTH",
                                                            "S_MAX_UNSIGNED_INTEGER_WIDTH",
                                                            "S_MAX_STRING_LENGTH",
                                                            "S_POLYGON_MAX_VERTICES",
                                                            "S_PATH_MAX_VERTICES",
                                                            "S_TOP_CELL",
                                                            "S_BOUNDING_BOXES_AVAILABLE",
                                                            "S_BOUNDING_BOX",
                                                            "S_CELL_OFFSET"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

PropertyReader::RawValue PropertyReader::value() {
  const std::uint64_t type = bytes_.number();
  if (type <= 7) return PropertyValue(bytes_.real(type));
  if (type == 8) return PropertyValue(bytes_.number());
  if (type == 9) return PropertyValue(bytes_.whole());
  if (type <= 12) return PropertyValue(bytes_.string());
  if (type <= 15) return StringRef{bytes_.number()};
  bytes_.fail("OAS-0003", "has a property value of unknown type " + std::to_string(type) + ", expected 0 to 15");
}

Property PropertyReader::resolved() const {
  Property result;
  if (const auto* number = std::get_if<std::uint64_t>(&name_))
    result.name = names_->properties.at(bytes_, *number);
  else
    result.name = std::get<std::string>(name_);
  for (const RawValue& raw : values_) {
    if (const auto* reference = std::get_if<StringRef>(&raw))
      result.values.emplace_back(names_->strings.at(bytes_, reference->number));
    else
      result.values.push_back(std::get<PropertyValue>(raw));
  }
  return result;
}

void PropertyReader::read(int record, Properties& properties, std::uint64_t& budget) {
  const unsigned info = record == property_again ? 0x08u : bytes_.byte();  // UUUUVCNS
  if (info & 0x04) {
    if (info & 0x02)
      name_ = bytes_.number();
    else
      name_ = bytes_.string();
    known_ = true;
  } else if (!known_) {
    bytes_.fail("OAS-0004", "has a property named as the one before, but none came before");
  }
  if (record != property_again) standard_ = (info & 0x01) != 0;
  if (info & 0x08) {
    if (info & 0xf0) bytes_.fail("OAS-0003", "has a property that repeats the values before it and yet counts some");
    if (!known_values_) bytes_.fail("OAS-0004", "has a property with the values before it, but none came before");
  } else {
    std::uint64_t count = info >> 4;
    if (count == 15) count = bytes_.number();
    count = bytes_.list_size(count);
    values_.clear();
    weight_ = 1 + count;
    while (values_.size() < count) {
      values_.push_back(value());
      if (const auto* plain = std::get_if<PropertyValue>(&values_.back()))
        if (const auto* text = std::get_if<std::string>(plain)) weight_ += text->size();
      if (weight_ > budget) break;
    }
    known_values_ = true;
  }
  if (!names_) {
    if (weight_ > budget) bytes_.fail("OAS-0007", "has more properties on one element than a file of its size may");
    budget -= weight_;
    return;
  }
  Property found = resolved();
  std::uint64_t weight = 1 + found.values.size() + found.name.size();
  for (const PropertyValue& each : found.values)
    if (const auto* text = std::get_if<std::string>(&each)) weight += text->size();
  if (weight > budget || weight_ > budget)
    bytes_.fail("OAS-0007", "has more properties on one element than a file of its size may");
  budget -= weight;
  if (standard_ && describes_file(found.name)) return;
  properties.push_back(std::move(found));
}

}  // namespace anamorph::oasis
