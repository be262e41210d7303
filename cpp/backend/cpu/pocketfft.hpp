// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

// The one way to include pocketfft: whoever includes it otherwise breaks the one-definition rule.
#define POCKETFFT_NO_MULTITHREADING
// Its other allocator passes aligned_alloc sizes that are no multiple of the alignment; AddressSanitizer refuses that.
#define _LIBCPP_HAS_NO_ALIGNED_ALLOCATION  // NOLINT(bugprone-reserved-identifier)
#include <gemmi/third_party/pocketfft_hdronly.h>
