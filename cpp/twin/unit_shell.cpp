// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The FMI 2.0 functions of a co-simulation unit around a cell. All that a function touches hangs on its instance, so
// instances run side by side, also in several threads. No exception leaves a function.
//
//   value beyond its range    computed at the end of the range; fmi2Warning from the step, `valid` is false
//   value that is no number   fmi2Error; the instance has failed and waits for fmi2Reset
//   call out of its order     fmi2Error; likewise
//   function not supported    fmi2Error; the instance goes on (derivatives of inputs and outputs, directional ones)
#include "cpp/twin/unit_shell.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/twin/fmi2.h"
#include "cpp/twin/make_cell.hpp"

namespace anamorph {
namespace {

constexpr const char* category_warning = "logStatusWarning";
constexpr const char* category_error = "logStatusError";
constexpr const char* category_step = "logEvents";

enum class Mode { instantiated, initializing, stepping, terminated, failed };

/// What fmi2GetFMUstate copies.
struct Snapshot {
  UnitState state;
  Mode mode = Mode::instantiated;
  double start_s = 0;
  double time_s = 0;
};

/// Hands a text to the caller's logger, which takes it for a format of printf and "#" for the begin of a reference to a
/// variable.
void send(const fmi2CallbackFunctions& functions, const char* instance, fmi2Status status, const char* category,
          std::string_view text) {
  if (!functions.logger) return;
  std::string format;
  for (const char c : text) {
    if (c == '%' || c == '#') format += c;
    format += c;
  }
  functions.logger(functions.componentEnvironment, instance, status, category, format.c_str());
}

struct Instance {
  std::string name;
  fmi2CallbackFunctions functions{};
  bool log_steps = false;
  std::string guid;
  std::unique_ptr<const Cell> cell;
  Snapshot now;
  bool stale = true;  // while initialising: the outputs do not belong to the inputs
  std::optional<double> stop_s;

  void log(fmi2Status status, const char* category, std::string_view text) const {
    send(functions, name.c_str(), status, category, text);
  }
  /// Refuses a call and lets the instance go on.
  fmi2Status refuse(std::string_view text) const {
    log(fmi2Error, category_error, text);
    return fmi2Error;
  }
  /// The instance cannot go on.
  fmi2Status fail(std::string_view text) {
    now.mode = Mode::failed;
    return refuse(text);
  }
  void reset() {
    now = {.state = cell->initial_state()};
    stale = true;
    stop_s.reset();
  }

  fmi2Status evaluate(double to_s, bool first, bool quiet);
  const UnitVariable* variable(fmi2ValueReference reference, UnitVariable::Type type, const char* function);
};

/// The outputs at `to_s`: the values of the start, or those of a step that ends there. Only what succeeds is kept.
fmi2Status Instance::evaluate(double to_s, bool first, bool quiet) {
  const std::vector<UnitVariable>& table = cell->variables();
  UnitState seen = now.state;
  UnitReport report;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const UnitVariable& v = table[i];
    if (!v.settable()) continue;
    const double inside = std::clamp(seen.values[i], v.min, v.max);
    if (inside == seen.values[i]) continue;
    report.warn(v.name + " = " + number_text(seen.values[i]) + (v.unit.empty() || v.unit == "1" ? "" : " " + v.unit) +
                " is outside its range " + number_text(v.min) + " .. " + number_text(v.max) + ": computed at " +
                number_text(inside));
    seen.values[i] = inside;
  }
  if (first) {
    cell->start(seen, to_s, report);
  } else {
    cell->step(seen, now.time_s, to_s, report);
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].settable()) continue;
    if (!std::isfinite(seen.values[i])) return fail("the value of " + table[i].name + " is not a number");
    now.state.values[i] = seen.values[i];
  }
  now.state.memory = std::move(seen.memory);
  now.state.values[cell->valid_at()] = report.valid ? 1 : 0;
  now.state.status.clear();
  for (const std::string& warning : report.warnings) {
    now.state.status += (now.state.status.empty() ? "" : "; ") + warning;
    if (!quiet) log(fmi2Warning, category_warning, warning);
  }
  stale = false;
  return report.warnings.empty() ? fmi2OK : fmi2Warning;
}

const UnitVariable* Instance::variable(fmi2ValueReference reference, UnitVariable::Type type, const char* function) {
  const std::vector<UnitVariable>& table = cell->variables();
  if (reference < table.size() && table[reference].type == type) return &table[reference];
  fail(std::string(function) + ": there is no variable of this type with the value reference " +
       std::to_string(reference));
  return nullptr;
}

/// Runs `body(instance)`; what it throws becomes fmi2Error.
template <typename Body>
fmi2Status guarded(fmi2Component component, const char* function, Body body) noexcept {
  if (!component) return fmi2Error;
  Instance& instance = *static_cast<Instance*>(component);
  try {
    return body(instance);
  } catch (const std::exception& problem) {
    try {
      return instance.fail(std::string(function) + ": " + problem.what());
    } catch (...) {
    }
  } catch (...) {
  }
  instance.now.mode = Mode::failed;
  return fmi2Error;
}

/// The same for functions that are allowed in some modes only.
template <typename Body>
fmi2Status guarded(fmi2Component component, const char* function, std::initializer_list<Mode> modes,
                   Body body) noexcept {
  return guarded(component, function, [&](Instance& instance) {
    if (std::find(modes.begin(), modes.end(), instance.now.mode) == modes.end())
      return instance.fail(std::string(function) + " was called out of its order" +
                           (instance.now.mode == Mode::failed ? ": the unit has failed and must be reset" : ""));
    return body(instance);
  });
}

template <typename Value, typename Read>
fmi2Status get(fmi2Component component, const char* function, UnitVariable::Type type,
               const fmi2ValueReference references[], std::size_t count, Value values[], Read read) noexcept {
  return guarded(component, function, [&](Instance& instance) {
    for (std::size_t i = 0; i < count; ++i) {
      const UnitVariable* const v = instance.variable(references[i], type, function);
      if (!v) return fmi2Error;
      if (!v->settable()) {
        if (instance.now.mode == Mode::instantiated)
          return instance.fail(std::string(function) + ": " + v->name + " is not computed before the initialisation");
        // Outputs follow the inputs while these are being found. The warnings come when that is done.
        if (instance.now.mode == Mode::initializing && instance.stale &&
            instance.evaluate(instance.now.start_s, true, true) == fmi2Error)
          return fmi2Error;
      }
      values[i] = read(instance, references[i]);
    }
    return fmi2OK;
  });
}

template <typename Value>
fmi2Status set(fmi2Component component, const char* function, UnitVariable::Type type,
               const fmi2ValueReference references[], std::size_t count, const Value values[]) noexcept {
  return guarded(component, function, {Mode::instantiated, Mode::initializing, Mode::stepping},
                 [&](Instance& instance) {
                   for (std::size_t i = 0; i < count; ++i) {
                     const UnitVariable* const v = instance.variable(references[i], type, function);
                     if (!v) return fmi2Error;
                     if (!v->settable()) return instance.fail(v->name + " is computed by the unit and cannot be set");
                     if (v->variability == UnitVariable::Variability::fixed && instance.now.mode == Mode::stepping)
                       return instance.fail(v->name + " is fixed when the initialisation is done");
                     const double value = static_cast<double>(values[i]);
                     if (!std::isfinite(value))
                       return instance.fail(v->name + " was set to what is not a finite number");
                     instance.now.state.values[references[i]] =
                         type == UnitVariable::Type::boolean ? (value != 0 ? 1. : 0.) : value;
                     instance.stale = true;
                   }
                   return fmi2OK;
                 });
}

/// "file:///a%20b" -> "/a b"; a plain path is taken as it is. Empty for what is neither.
std::string path_of(std::string_view location) {
  if (location.starts_with("/")) return std::string(location);
  if (!location.starts_with("file:")) return {};
  location.remove_prefix(5);
  if (location.starts_with("//")) {
    location.remove_prefix(2);
    const std::size_t host = location.find('/');
    if (host == location.npos || (host != 0 && location.substr(0, host) != "localhost")) return {};
    location.remove_prefix(host);
  }
  const auto digit = [](char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    return static_cast<int>(digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c));
  };
  std::string path;
  for (std::size_t i = 0; i < location.size(); ++i) {
    const bool coded =
        location[i] == '%' && i + 2 < location.size() && digit(location[i + 1]) >= 0 && digit(location[i + 2]) >= 0;
    path += coded ? static_cast<char>(16 * digit(location[i + 1]) + digit(location[i + 2])) : location[i];
    if (coded) i += 2;
  }
  return path;
}

std::optional<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return std::nullopt;
  std::string bytes;
  char block[1 << 14];
  for (std::size_t count; (count = std::fread(block, 1, sizeof block, file.get())) > 0;) bytes.append(block, count);
  if (std::ferror(file.get())) return std::nullopt;
  return bytes;
}

/// What is wrong, or nothing and a cell.
std::string prepare(Instance& instance, const char* guid, const char* location) {
  const std::string folder = path_of(location ? location : "");
  if (folder.empty())
    return std::string("fmi2Instantiate: expected the resources as file:// of this machine, not '") +
           (location ? location : "") + "'";
  UnitResources resources;
  const auto read = [&](const char* name, std::string& bytes) {
    std::optional<std::string> found = read_file(folder + "/" + name);
    if (found) bytes = std::move(*found);
    return found.has_value();
  };
  const bool model = unit_kind() == UnitKind::lithography;
  if (!read("start.txt", resources.starts) || (model && !read("surrogate.bin", resources.surrogate)))
    return "fmi2Instantiate: " + folder + " lacks the files of this unit (start.txt" +
           (model ? ", surrogate.bin)" : ")");
  instance.cell = make_cell(unit_kind(), resources);
  instance.guid = unit_guid(unit_kind(), *instance.cell, resources);
  if (!guid || instance.guid != guid)
    return "fmi2Instantiate: this binary with these resources has the GUID " + instance.guid + ", not " +
           (guid ? guid : "none") + ": they do not belong to the model description";
  instance.reset();
  return {};
}

template <typename Value>
void append(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// GUID, mode, times, numbers, in the byte order of this machine: a serialised state is for the same unit there.
std::string serialised(const Instance& instance, const Snapshot& snapshot) {
  std::string bytes = instance.guid;
  append(bytes, static_cast<int>(snapshot.mode));
  append(bytes, snapshot.start_s);
  append(bytes, snapshot.time_s);
  append(bytes, snapshot.state.memory.size());
  for (const double value : snapshot.state.values) append(bytes, value);
  for (const double value : snapshot.state.memory) append(bytes, value);
  return bytes + snapshot.state.status;
}

std::optional<Snapshot> parsed(const Instance& instance, std::string_view bytes) {
  if (!bytes.starts_with(instance.guid)) return std::nullopt;
  bytes.remove_prefix(instance.guid.size());
  const auto take = [&](auto& value) {
    if (bytes.size() < sizeof value) return false;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return true;
  };
  Snapshot snapshot;
  int mode = 0;
  std::size_t memory = 0;
  if (!take(mode) || !take(snapshot.start_s) || !take(snapshot.time_s) || !take(memory)) return std::nullopt;
  const std::size_t values = instance.cell->variables().size();
  if (mode < 0 || mode > static_cast<int>(Mode::failed) || memory > bytes.size() / sizeof(double)) return std::nullopt;
  snapshot.mode = static_cast<Mode>(mode);
  snapshot.state.values.resize(values);
  snapshot.state.memory.resize(memory);
  for (double& value : snapshot.state.values)
    if (!take(value)) return std::nullopt;
  for (double& value : snapshot.state.memory)
    if (!take(value)) return std::nullopt;
  snapshot.state.status = bytes;
  return snapshot;
}

}  // namespace
}  // namespace anamorph

using anamorph::Mode;
using Type = anamorph::UnitVariable::Type;
using anamorph::guarded;
using anamorph::Instance;
using anamorph::Snapshot;

const char* fmi2GetTypesPlatform() { return "default"; }
const char* fmi2GetVersion() { return "2.0"; }

fmi2Status fmi2SetDebugLogging(fmi2Component component, fmi2Boolean on, std::size_t count,
                               const fmi2String categories[]) {
  return guarded(component, __func__, [&](Instance& instance) {
    // Warnings and errors are always told; with no category named, all are meant.
    bool steps = count == 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view category = categories[i] ? categories[i] : "";
      if (category == anamorph::category_step || category == "logAll") {
        steps = true;
      } else if (category != anamorph::category_warning && category != anamorph::category_error) {
        return instance.refuse("fmi2SetDebugLogging: there is no category '" + std::string(category) + "'");
      }
    }
    if (steps) instance.log_steps = on != fmi2False;
    return fmi2OK;
  });
}

fmi2Component fmi2Instantiate(fmi2String instance, fmi2Type type, fmi2String guid, fmi2String resources,
                              const fmi2CallbackFunctions* functions, fmi2Boolean /*visible*/, fmi2Boolean logging) {
  if (!functions) return nullptr;
  const char* const name = instance ? instance : "";
  try {
    std::string problem;
    auto made = std::make_unique<Instance>();
    if (!*name) {
      problem = "fmi2Instantiate: an instance needs a name";
    } else if (type != fmi2CoSimulation) {
      problem = "fmi2Instantiate: this is a unit for co-simulation alone";
    } else {
      made->name = name;
      made->functions = *functions;
      made->log_steps = logging != fmi2False;
      problem = anamorph::prepare(*made, guid, resources);
    }
    if (problem.empty()) return made.release();
    anamorph::send(*functions, name, fmi2Error, anamorph::category_error, problem);
  } catch (const std::exception& problem) {
    try {
      anamorph::send(*functions, name, fmi2Error, anamorph::category_error,
                     std::string("fmi2Instantiate: ") + problem.what());
    } catch (...) {
    }
  } catch (...) {
  }
  return nullptr;
}

void fmi2FreeInstance(fmi2Component component) { delete static_cast<Instance*>(component); }

fmi2Status fmi2SetupExperiment(fmi2Component component, fmi2Boolean /*tolerance_defined*/, fmi2Real /*tolerance*/,
                               fmi2Real start_s, fmi2Boolean stop_defined, fmi2Real stop_s) {
  return guarded(component, __func__, {Mode::instantiated}, [&](Instance& instance) {
    if (!std::isfinite(start_s) || (stop_defined && !(stop_s >= start_s)))
      return instance.fail("fmi2SetupExperiment: expected a start time, and no stop time before it");
    instance.now.start_s = instance.now.time_s = start_s;
    instance.stop_s.reset();
    if (stop_defined) instance.stop_s = stop_s;
    return fmi2OK;
  });
}

fmi2Status fmi2EnterInitializationMode(fmi2Component component) {
  return guarded(component, __func__, {Mode::instantiated}, [](Instance& instance) {
    instance.now.mode = Mode::initializing;
    return fmi2OK;
  });
}

fmi2Status fmi2ExitInitializationMode(fmi2Component component) {
  return guarded(component, __func__, {Mode::initializing}, [](Instance& instance) {
    const fmi2Status status = instance.evaluate(instance.now.start_s, true, false);
    if (status != fmi2Error) instance.now.mode = Mode::stepping;
    return status;
  });
}

fmi2Status fmi2Terminate(fmi2Component component) {
  return guarded(component, __func__, {Mode::stepping}, [](Instance& instance) {
    instance.now.mode = Mode::terminated;
    return fmi2OK;
  });
}

fmi2Status fmi2Reset(fmi2Component component) {
  return guarded(component, __func__, [](Instance& instance) {
    instance.reset();
    return fmi2OK;
  });
}

fmi2Status fmi2GetReal(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                       fmi2Real values[]) {
  return anamorph::get(component, __func__, Type::real, references, count, values,
                       [](const Instance& instance, fmi2ValueReference i) { return instance.now.state.values[i]; });
}

fmi2Status fmi2GetInteger(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                          fmi2Integer values[]) {
  return anamorph::get(
      component, __func__, Type::integer, references, count, values,
      [](const Instance& instance, fmi2ValueReference i) { return static_cast<int>(instance.now.state.values[i]); });
}

fmi2Status fmi2GetBoolean(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                          fmi2Boolean values[]) {
  return anamorph::get(component, __func__, Type::boolean, references, count, values,
                       [](const Instance& instance, fmi2ValueReference i) {
                         return instance.now.state.values[i] != 0 ? fmi2True : fmi2False;
                       });
}

fmi2Status fmi2GetString(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                         fmi2String values[]) {
  return anamorph::get(component, __func__, Type::string, references, count, values,
                       [](const Instance& instance, fmi2ValueReference) { return instance.now.state.status.c_str(); });
}

fmi2Status fmi2SetReal(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                       const fmi2Real values[]) {
  return anamorph::set(component, __func__, Type::real, references, count, values);
}

fmi2Status fmi2SetInteger(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                          const fmi2Integer values[]) {
  return anamorph::set(component, __func__, Type::integer, references, count, values);
}

fmi2Status fmi2SetBoolean(fmi2Component component, const fmi2ValueReference references[], std::size_t count,
                          const fmi2Boolean values[]) {
  return anamorph::set(component, __func__, Type::boolean, references, count, values);
}

fmi2Status fmi2SetString(fmi2Component component, const fmi2ValueReference[], std::size_t count, const fmi2String[]) {
  return guarded(component, __func__, [&](Instance& instance) {
    return count == 0 ? fmi2OK : instance.fail("fmi2SetString: the unit has no string that can be set");
  });
}

fmi2Status fmi2GetFMUstate(fmi2Component component, fmi2FMUstate* state) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (!state) return instance.refuse("fmi2GetFMUstate: no place for the state was given");
    if (*state) {
      *static_cast<Snapshot*>(*state) = instance.now;
    } else {
      *state = new Snapshot(instance.now);
    }
    return fmi2OK;
  });
}

fmi2Status fmi2SetFMUstate(fmi2Component component, fmi2FMUstate state) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (!state) return instance.refuse("fmi2SetFMUstate: no state was given");
    instance.now = *static_cast<const Snapshot*>(state);
    instance.stale = true;
    return fmi2OK;
  });
}

fmi2Status fmi2FreeFMUstate(fmi2Component component, fmi2FMUstate* state) {
  return guarded(component, __func__, [&](Instance&) {
    if (state) {
      delete static_cast<Snapshot*>(*state);
      *state = nullptr;
    }
    return fmi2OK;
  });
}

fmi2Status fmi2SerializedFMUstateSize(fmi2Component component, fmi2FMUstate state, std::size_t* size) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (!state || !size) return instance.refuse("fmi2SerializedFMUstateSize: no state was given");
    *size = anamorph::serialised(instance, *static_cast<const Snapshot*>(state)).size();
    return fmi2OK;
  });
}

fmi2Status fmi2SerializeFMUstate(fmi2Component component, fmi2FMUstate state, fmi2Byte bytes[], std::size_t size) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (!state || !bytes) return instance.refuse("fmi2SerializeFMUstate: no state was given");
    const std::string text = anamorph::serialised(instance, *static_cast<const Snapshot*>(state));
    if (size < text.size())
      return instance.refuse("fmi2SerializeFMUstate: the state needs " + std::to_string(text.size()) + " bytes");
    std::copy(text.begin(), text.end(), bytes);
    return fmi2OK;
  });
}

fmi2Status fmi2DeSerializeFMUstate(fmi2Component component, const fmi2Byte bytes[], std::size_t size,
                                   fmi2FMUstate* state) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (!state || !bytes) return instance.refuse("fmi2DeSerializeFMUstate: no state was given");
    const std::optional<Snapshot> snapshot = anamorph::parsed(instance, {bytes, size});
    if (!snapshot) return instance.refuse("fmi2DeSerializeFMUstate: these bytes are no state of this unit");
    if (*state) {
      *static_cast<Snapshot*>(*state) = *snapshot;
    } else {
      *state = new Snapshot(*snapshot);
    }
    return fmi2OK;
  });
}

fmi2Status fmi2GetDirectionalDerivative(fmi2Component component, const fmi2ValueReference[], std::size_t,
                                        const fmi2ValueReference[], std::size_t, const fmi2Real[], fmi2Real[]) {
  return guarded(component, __func__,
                 [](Instance& instance) { return instance.refuse("the unit gives no directional derivatives"); });
}

fmi2Status fmi2SetRealInputDerivatives(fmi2Component component, const fmi2ValueReference[], std::size_t,
                                       const fmi2Integer[], const fmi2Real[]) {
  return guarded(component, __func__,
                 [](Instance& instance) { return instance.refuse("the unit does not interpolate its inputs"); });
}

fmi2Status fmi2GetRealOutputDerivatives(fmi2Component component, const fmi2ValueReference[], std::size_t,
                                        const fmi2Integer[], fmi2Real[]) {
  return guarded(component, __func__,
                 [](Instance& instance) { return instance.refuse("the unit gives no derivatives of its outputs"); });
}

fmi2Status fmi2DoStep(fmi2Component component, fmi2Real current_s, fmi2Real step_s, fmi2Boolean /*no_set_state*/) {
  return guarded(component, __func__, {Mode::stepping}, [&](Instance& instance) {
    if (!(step_s > 0) || !std::isfinite(step_s)) return instance.fail("fmi2DoStep: expected a step forward in time");
    const double slack = 1e-6 * step_s;
    if (!(std::abs(current_s - instance.now.time_s) <= slack))
      return instance.fail("fmi2DoStep: the unit is at " + anamorph::number_text(instance.now.time_s) + " s, not at " +
                           anamorph::number_text(current_s) + " s");
    const double to_s = current_s + step_s;
    if (instance.stop_s && to_s > *instance.stop_s + slack)
      return instance.fail("fmi2DoStep: " + anamorph::number_text(to_s) + " s is beyond the stop time " +
                           anamorph::number_text(*instance.stop_s) + " s");
    const fmi2Status status = instance.evaluate(to_s, false, false);
    if (status == fmi2Error) return status;
    instance.now.time_s = to_s;
    if (instance.log_steps)
      instance.log(fmi2OK, anamorph::category_step, "step to " + anamorph::number_text(to_s) + " s");
    return status;
  });
}

fmi2Status fmi2CancelStep(fmi2Component component) {
  return guarded(component, __func__,
                 [](Instance& instance) { return instance.refuse("fmi2CancelStep: no step is under way"); });
}

// Steps are never pending, so there is nothing to ask about them but how far the unit is.

fmi2Status fmi2GetStatus(fmi2Component component, fmi2StatusKind, fmi2Status*) {
  return component ? fmi2Discard : fmi2Error;
}

fmi2Status fmi2GetRealStatus(fmi2Component component, fmi2StatusKind kind, fmi2Real* value) {
  return guarded(component, __func__, [&](Instance& instance) {
    if (kind != fmi2LastSuccessfulTime || !value) return fmi2Discard;
    *value = instance.now.time_s;
    return fmi2OK;
  });
}

fmi2Status fmi2GetIntegerStatus(fmi2Component component, fmi2StatusKind, fmi2Integer*) {
  return component ? fmi2Discard : fmi2Error;
}

fmi2Status fmi2GetBooleanStatus(fmi2Component component, fmi2StatusKind kind, fmi2Boolean* value) {
  return guarded(component, __func__, [&](Instance&) {
    if (kind != fmi2Terminated || !value) return fmi2Discard;
    *value = fmi2False;  // a unit never ends by itself
    return fmi2OK;
  });
}

fmi2Status fmi2GetStringStatus(fmi2Component component, fmi2StatusKind, fmi2String*) {
  return component ? fmi2Discard : fmi2Error;
}
