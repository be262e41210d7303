#include "cpp/cli/app.hpp"
namespace anamorph::cli {
int run_ilt(const Options&, Console&) { throw Error(ErrorCode::usage, "CLI-0001", "not yet"); }
}  // namespace anamorph::cli
