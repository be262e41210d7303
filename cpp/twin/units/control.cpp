// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/unit_shell.hpp"

anamorph::UnitKind anamorph::unit_kind() { return UnitKind::control; }
