// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/app.hpp"

int main(int argc, char** argv) { return anamorph::cli::run(argc, argv); }
