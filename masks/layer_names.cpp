// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layer_names.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

const std::string promise = "Anamorph layer ";

struct Promised {
  LayerNumber layer;
  std::string_view rest;  ///< of the text
};

std::optional<Promised> promised(const Property& p) {
  const auto* const text = p.values.size() == 2 ? std::get_if<std::string>(&p.values[1]) : nullptr;
  if (p.name != "S_GDS_PROPERTY" || !text || !text->starts_with(promise)) return std::nullopt;
  LayerNumber layer;
  const char* const end = text->data() + text->size();
  const auto first = std::from_chars(text->data() + promise.size(), end, layer.layer);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, layer.datatype);
  if (second.ec != std::errc{}) return std::nullopt;
  return Promised{layer, {second.ptr, end}};
}

}  // namespace

LayerName layer_name(const std::string& text) {
  const auto number = [&](std::string_view digits) {
    std::uint32_t value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (status != std::errc{} || end != digits.data() + digits.size())
      throw Error(ErrorCode::input, "LAY-0011",
                  "\"" + text + "\" is no layer of GDSII or OASIS; expected layer/datatype as 11/0, or a layer as 11");
    return value;
  };
  const std::size_t slash = text.find('/');
  const std::string_view all = text;
  if (slash == std::string::npos) return {number(all), std::nullopt};
  return {number(all.substr(0, slash)), number(all.substr(slash + 1))};
}

std::vector<LayerNumber> layers_named(const std::string& text, const std::vector<LayerNumber>& present) {
  const LayerName name = layer_name(text);
  std::vector<LayerNumber> found;
  std::copy_if(present.begin(), present.end(), std::back_inserter(found),
               [&](const LayerNumber& l) { return name.holds(l); });
  return found;
}

Property layer_property(const LayerNumber& layer, const std::string& what) {
  return {"S_GDS_PROPERTY", {std::uint64_t{layer.layer}, promise + layer.str() + " " + what}};
}

std::vector<LayerNumber> layers_promised(const Properties& properties) {
  std::vector<LayerNumber> layers;
  for (const Property& p : properties)
    if (const auto found = promised(p)) layers.push_back(found->layer);
  return layers;
}

Properties with_promises_renamed(const Properties& properties,
                                 const std::function<std::optional<LayerNumber>(const LayerNumber&)>& renamed) {
  Properties result;
  for (const Property& p : properties) {
    const auto found = promised(p);
    if (!found) {
      result.push_back(p);
    } else if (const auto to = renamed(found->layer)) {
      result.push_back({p.name, {std::uint64_t{to->layer}, promise + to->str() + std::string(found->rest)}});
    }
  }
  return result;
}

}  // namespace anamorph
