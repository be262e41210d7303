// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/read_unit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error(ErrorCode::input, "FMU-0010", what, {file.string()});
}

std::vector<ZipMember> members_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) fail(file, "the file cannot be read");
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  try {
    return read_zip(bytes);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::input) fail(file, error.what());
    throw;
  }
}

const ZipMember* find(const std::vector<ZipMember>& members, const std::string& name) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const ZipMember& m) { return m.name == name; });
  return found == members.end() ? nullptr : &*found;
}

const std::string& need(const fs::path& file, const std::vector<ZipMember>& members, const std::string& name) {
  const ZipMember* const member = find(members, name);
  if (!member) fail(file, "it is no lithography unit: " + name + " is missing");
  if (!member->damage.empty()) fail(file, name + " " + member->damage);
  return member->bytes;
}

std::map<std::string, double> starts_of(const fs::path& file, const std::string& text) {
  std::map<std::string, double> starts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    std::istringstream words(line);
    std::string name, equals, value;
    if (!(words >> name)) continue;
    double number = 0;
    words >> equals >> value;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (equals != "=" || error != std::errc() || end != value.data() + value.size())
      fail(file, "resources/start.txt has a line that is no start value: " + line);
    starts[name] = number;
  }
  return starts;
}

}  // namespace

fs::path find_lithography_unit(const fs::path& path) {
  if (!fs::exists(path)) fail(path, "there is no such export");
  if (!fs::is_directory(path)) return path;
  std::set<fs::path> found;
  if (fs::is_directory(path / "model"))
    for (const auto& entry : fs::directory_iterator(path / "model"))
      if (entry.path().extension() == ".fmu" && find(members_of(entry.path()), "resources/surrogate.bin"))
        found.insert(entry.path());
  if (found.empty()) fail(path, "it is no export of a lithography cell: no unit with a surrogate in model/");
  if (found.size() > 1) fail(path, "it holds several lithography units; expected the path of one of them");
  return *found.begin();
}

FmuDescription read_lithography_unit(const fs::path& file) {
  const std::vector<ZipMember> members = members_of(file);
  FmuDescription unit;
  unit.surrogate = parse_surrogate(need(file, members, "resources/surrogate.bin"), file.string());
  if (const ZipMember* const starts = find(members, "resources/start.txt"))
    unit.starts = starts_of(file, starts->bytes);
  const std::vector<XmlElement> xml = scan_xml(need(file, members, "modelDescription.xml"));
  unit.name = xml.front().attribute("modelName");
  unit.description = xml.front().attribute("description");
  return unit;
}

}  // namespace anamorph
