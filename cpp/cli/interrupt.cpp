// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/interrupt.hpp"

#include <signal.h>

#include "cpp/core/error.hpp"

namespace anamorph::cli {

namespace {
volatile sig_atomic_t stop_flag = 0;
extern "C" void request_stop(int) { stop_flag = 1; }
}  // namespace

void catch_signals() noexcept {
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;  // a file beyond its limit is an error of write(), like a full disk
  sigaction(SIGXFSZ, &action, nullptr);
}

bool stop_requested() noexcept { return stop_flag != 0; }

void throw_if_stopped() {
  if (stop_requested()) throw Error(ErrorCode::interrupted, "CLI-0131", "stopped on request; nothing more was written");
}

}  // namespace anamorph::cli
