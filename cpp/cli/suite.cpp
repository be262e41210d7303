#include "cpp/cli/app.hpp"
namespace anamorph::cli {
int run_suite(const Options&, const SuiteOptions&, Console&) { throw Error(ErrorCode::usage, "CLI-0001", "not yet"); }
}  // namespace anamorph::cli
