// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>

// The binary interface of FMI 2.0 for co-simulation, declared by ourselves from the specification (FMI for Model
// Exchange and Co-Simulation 2.0.4, sections 2.1 and 4.2; platform "default"). Names and numbers are the standard's:
// foreign programs look the functions up by them.

extern "C" {

using fmi2Component = void*;
using fmi2ComponentEnvironment = void*;
using fmi2FMUstate = void*;
using fmi2ValueReference = unsigned int;
using fmi2Real = double;
using fmi2Integer = int;
using fmi2Boolean = int;
using fmi2Char = char;
using fmi2String = const fmi2Char*;
using fmi2Byte = char;

inline constexpr fmi2Boolean fmi2True = 1;
inline constexpr fmi2Boolean fmi2False = 0;

enum fmi2Status : int { fmi2OK, fmi2Warning, fmi2Discard, fmi2Error, fmi2Fatal, fmi2Pending };
enum fmi2Type : int { fmi2ModelExchange, fmi2CoSimulation };
enum fmi2StatusKind : int { fmi2DoStepStatus, fmi2PendingStatus, fmi2LastSuccessfulTime, fmi2Terminated };

/// The message is a format of printf, for which the arguments that it names follow.
using fmi2CallbackLogger = void (*)(fmi2ComponentEnvironment, fmi2String instance, fmi2Status, fmi2String category,
                                    fmi2String message, ...);

struct fmi2CallbackFunctions {
  fmi2CallbackLogger logger;
  void* (*allocateMemory)(std::size_t count, std::size_t size);
  void (*freeMemory)(void*);
  void (*stepFinished)(fmi2ComponentEnvironment, fmi2Status);
  fmi2ComponentEnvironment componentEnvironment;
};

#define ANAMORPH_FMI2 __attribute__((visibility("default")))

ANAMORPH_FMI2 const char* fmi2GetTypesPlatform();
ANAMORPH_FMI2 const char* fmi2GetVersion();
ANAMORPH_FMI2 fmi2Status fmi2SetDebugLogging(fmi2Component, fmi2Boolean on, std::size_t count,
                                             const fmi2String categories[]);

ANAMORPH_FMI2 fmi2Component fmi2Instantiate(fmi2String instance, fmi2Type, fmi2String guid, fmi2String resources,
                                            const fmi2CallbackFunctions*, fmi2Boolean visible, fmi2Boolean logging);
ANAMORPH_FMI2 void fmi2FreeInstance(fmi2Component);

ANAMORPH_FMI2 fmi2Status fmi2SetupExperiment(fmi2Component, fmi2Boolean tolerance_defined, fmi2Real tolerance,
                                             fmi2Real start_s, fmi2Boolean stop_defined, fmi2Real stop_s);
ANAMORPH_FMI2 fmi2Status fmi2EnterInitializationMode(fmi2Component);
ANAMORPH_FMI2 fmi2Status fmi2ExitInitializationMode(fmi2Component);
ANAMORPH_FMI2 fmi2Status fmi2Terminate(fmi2Component);
ANAMORPH_FMI2 fmi2Status fmi2Reset(fmi2Component);

ANAMORPH_FMI2 fmi2Status fmi2GetReal(fmi2Component, const fmi2ValueReference[], std::size_t count, fmi2Real[]);
ANAMORPH_FMI2 fmi2Status fmi2GetInteger(fmi2Component, const fmi2ValueReference[], std::size_t count, fmi2Integer[]);
ANAMORPH_FMI2 fmi2Status fmi2GetBoolean(fmi2Component, const fmi2ValueReference[], std::size_t count, fmi2Boolean[]);
ANAMORPH_FMI2 fmi2Status fmi2GetString(fmi2Component, const fmi2ValueReference[], std::size_t count, fmi2String[]);
ANAMORPH_FMI2 fmi2Status fmi2SetReal(fmi2Component, const fmi2ValueReference[], std::size_t count, const fmi2Real[]);
ANAMORPH_FMI2 fmi2Status fmi2SetInteger(fmi2Component, const fmi2ValueReference[], std::size_t count,
                                        const fmi2Integer[]);
ANAMORPH_FMI2 fmi2Status fmi2SetBoolean(fmi2Component, const fmi2ValueReference[], std::size_t count,
                                        const fmi2Boolean[]);
ANAMORPH_FMI2 fmi2Status fmi2SetString(fmi2Component, const fmi2ValueReference[], std::size_t count,
                                       const fmi2String[]);

ANAMORPH_FMI2 fmi2Status fmi2GetFMUstate(fmi2Component, fmi2FMUstate*);
ANAMORPH_FMI2 fmi2Status fmi2SetFMUstate(fmi2Component, fmi2FMUstate);
ANAMORPH_FMI2 fmi2Status fmi2FreeFMUstate(fmi2Component, fmi2FMUstate*);
ANAMORPH_FMI2 fmi2Status fmi2SerializedFMUstateSize(fmi2Component, fmi2FMUstate, std::size_t* size);
ANAMORPH_FMI2 fmi2Status fmi2SerializeFMUstate(fmi2Component, fmi2FMUstate, fmi2Byte[], std::size_t size);
ANAMORPH_FMI2 fmi2Status fmi2DeSerializeFMUstate(fmi2Component, const fmi2Byte[], std::size_t size, fmi2FMUstate*);

ANAMORPH_FMI2 fmi2Status fmi2GetDirectionalDerivative(fmi2Component, const fmi2ValueReference unknown[],
                                                      std::size_t unknowns, const fmi2ValueReference known[],
                                                      std::size_t knowns, const fmi2Real d_known[],
                                                      fmi2Real d_unknown[]);

ANAMORPH_FMI2 fmi2Status fmi2SetRealInputDerivatives(fmi2Component, const fmi2ValueReference[], std::size_t count,
                                                     const fmi2Integer order[], const fmi2Real[]);
ANAMORPH_FMI2 fmi2Status fmi2GetRealOutputDerivatives(fmi2Component, const fmi2ValueReference[], std::size_t count,
                                                      const fmi2Integer order[], fmi2Real[]);
ANAMORPH_FMI2 fmi2Status fmi2DoStep(fmi2Component, fmi2Real current_s, fmi2Real step_s, fmi2Boolean no_set_state);
ANAMORPH_FMI2 fmi2Status fmi2CancelStep(fmi2Component);
ANAMORPH_FMI2 fmi2Status fmi2GetStatus(fmi2Component, fmi2StatusKind, fmi2Status*);
ANAMORPH_FMI2 fmi2Status fmi2GetRealStatus(fmi2Component, fmi2StatusKind, fmi2Real*);
ANAMORPH_FMI2 fmi2Status fmi2GetIntegerStatus(fmi2Component, fmi2StatusKind, fmi2Integer*);
ANAMORPH_FMI2 fmi2Status fmi2GetBooleanStatus(fmi2Component, fmi2StatusKind, fmi2Boolean*);
ANAMORPH_FMI2 fmi2Status fmi2GetStringStatus(fmi2Component, fmi2StatusKind, fmi2String*);

}  // extern "C"
