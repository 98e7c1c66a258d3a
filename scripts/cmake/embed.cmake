# Turns a text file into a C++ constant. Run by msdemo_embed (targets.cmake).
file(READ ${IN} text)
file(WRITE ${OUT} "#include <string_view>
namespace msdemo::embedded {
extern const std::string_view ${NAME};
const std::string_view ${NAME} = R\"embedded(${text})embedded\";
}  // namespace msdemo::embedded
")
