// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cpp/twin/fmi2.h"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

/// A unit unpacked into a folder, as a program that runs units sees it: names and GUID from modelDescription.xml, the
/// functions from the binary.
class Unit {
 public:
  /// `binary`: taken instead of the one in the unit, unless empty.
  Unit(const std::filesystem::path& folder, const std::string& fmu, const std::string& binary = {}) : folder_(folder) {
    for (const ZipMember& member : read_zip(fmu)) {
      std::filesystem::create_directories((folder / member.name).parent_path());
      std::ofstream(folder / member.name, std::ios::binary) << member.bytes;
    }
    std::ifstream xml(folder / "modelDescription.xml");
    for (const XmlElement& element : scan_xml(std::string(std::istreambuf_iterator<char>(xml), {}))) {
      if (element.name == "fmiModelDescription") guid = element.attribute("guid");
      if (element.name == "CoSimulation") identifier = element.attribute("modelIdentifier");
      if (element.name == "ScalarVariable")
        references[element.attribute("name")] =
            static_cast<fmi2ValueReference>(std::stoul(element.attribute("valueReference")));
    }
    const std::string file = binary.empty() ? (folder / "binaries/linux64" / (identifier + ".so")).string()
                                            : binary + "/" + identifier + ".so";
    library_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library_) ADD_FAILURE() << dlerror();
  }
  ~Unit() {
    if (library_) dlclose(library_);
  }
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  [[nodiscard]] std::string resources() const { return "file://" + (folder_ / "resources").string(); }

  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(library_, name));
  }

  std::string guid;
  std::string identifier;
  std::map<std::string, fmi2ValueReference> references;

 private:
  std::filesystem::path folder_;
  void* library_ = nullptr;
};

#define ANAMORPH_CALL(unit, name) (unit).function<decltype(name)>(#name)

/// An instance of a unit; messages that it logs are kept.
class UnitInstance {
 public:
  explicit UnitInstance(const Unit& unit, const std::string& name = "cell") : unit_(unit) {
    functions_.logger = &log;
    functions_.componentEnvironment = this;
    component = ANAMORPH_CALL(unit, fmi2Instantiate)(name.c_str(), fmi2CoSimulation, unit.guid.c_str(),
                                                     unit.resources().c_str(), &functions_, fmi2False, fmi2False);
  }
  /// The same with a GUID and resources of the caller's.
  UnitInstance(const Unit& unit, const char* guid, const char* resources, fmi2Type type = fmi2CoSimulation)
      : unit_(unit) {
    functions_.logger = &log;
    functions_.componentEnvironment = this;
    component = ANAMORPH_CALL(unit, fmi2Instantiate)("cell", type, guid, resources, &functions_, fmi2False, fmi2False);
  }
  ~UnitInstance() { ANAMORPH_CALL(unit_, fmi2FreeInstance)(component); }
  UnitInstance(const UnitInstance&) = delete;
  UnitInstance& operator=(const UnitInstance&) = delete;

  fmi2Status set(const std::string& name, double value) {
    const fmi2ValueReference reference = unit_.references.at(name);
    return ANAMORPH_CALL(unit_, fmi2SetReal)(component, &reference, 1, &value);
  }
  fmi2Status set_flag(const std::string& name, bool flag) {
    const fmi2ValueReference reference = unit_.references.at(name);
    const fmi2Boolean value = flag ? fmi2True : fmi2False;
    return ANAMORPH_CALL(unit_, fmi2SetBoolean)(component, &reference, 1, &value);
  }
  fmi2Status set_count(const std::string& name, int value) {
    const fmi2ValueReference reference = unit_.references.at(name);
    return ANAMORPH_CALL(unit_, fmi2SetInteger)(component, &reference, 1, &value);
  }
  [[nodiscard]] double get(const std::string& name) {
    const fmi2ValueReference reference = unit_.references.at(name);
    fmi2Real value = -12345;
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2GetReal)(component, &reference, 1, &value), fmi2OK) << name;
    return value;
  }
  [[nodiscard]] bool flag(const std::string& name) {
    const fmi2ValueReference reference = unit_.references.at(name);
    fmi2Boolean value = -12345;
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2GetBoolean)(component, &reference, 1, &value), fmi2OK) << name;
    EXPECT_TRUE(value == fmi2True || value == fmi2False) << name;
    return value == fmi2True;
  }
  [[nodiscard]] int count(const std::string& name) {
    const fmi2ValueReference reference = unit_.references.at(name);
    fmi2Integer value = -12345;
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2GetInteger)(component, &reference, 1, &value), fmi2OK) << name;
    return value;
  }
  [[nodiscard]] std::string text(const std::string& name) {
    const fmi2ValueReference reference = unit_.references.at(name);
    fmi2String value = nullptr;
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2GetString)(component, &reference, 1, &value), fmi2OK) << name;
    return value ? value : "";
  }

  /// Up to the end of the initialisation; `prepare` sets start values.
  template <typename Prepare>
  fmi2Status begin(Prepare prepare) {
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2SetupExperiment)(component, fmi2False, 0, 0, fmi2False, 0), fmi2OK);
    EXPECT_EQ(ANAMORPH_CALL(unit_, fmi2EnterInitializationMode)(component), fmi2OK);
    prepare();
    return ANAMORPH_CALL(unit_, fmi2ExitInitializationMode)(component);
  }
  fmi2Status begin() {
    return begin([] {});
  }
  fmi2Status step(double seconds = 1) {
    const fmi2Status status = ANAMORPH_CALL(unit_, fmi2DoStep)(component, time, seconds, fmi2True);
    if (status == fmi2OK || status == fmi2Warning) time += seconds;
    return status;
  }
  fmi2Status reset() {
    time = 0;
    return ANAMORPH_CALL(unit_, fmi2Reset)(component);
  }

  [[nodiscard]] const Unit& unit() const { return unit_; }
  /// Whether one of the messages has all of the words.
  [[nodiscard]] bool told(const std::vector<std::string>& words) const {
    return std::any_of(messages.begin(), messages.end(), [&](const std::string& message) {
      return std::all_of(words.begin(), words.end(),
                         [&](const std::string& word) { return message.find(word) != message.npos; });
    });
  }

  fmi2Component component = nullptr;
  double time = 0;
  std::vector<std::string> messages;

 private:
  static void log(fmi2ComponentEnvironment self, fmi2String, fmi2Status, fmi2String, fmi2String format, ...) {
    char text[4096];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    static_cast<UnitInstance*>(self)->messages.emplace_back(text);
  }

  const Unit& unit_;
  fmi2CallbackFunctions functions_{};
};

}  // namespace anamorph
