// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

namespace anamorph::cli {

/// The first SIGINT or SIGTERM sets a flag that long work polls; a second one has its usual effect and kills.
/// A file that grows beyond the limit of the process is an error of its writer.
void catch_signals() noexcept;

[[nodiscard]] bool stop_requested() noexcept;

/// Throws Error{interrupted} when a stop was requested.
void throw_if_stopped();

}  // namespace anamorph::cli
