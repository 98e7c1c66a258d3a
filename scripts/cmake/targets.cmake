# How a folder becomes a target. Each folder is one static library that links exactly the folders
# below it; the include roots are server/ and cli/, so an include reads "order/store.hpp".

add_library(msdemo_warnings INTERFACE)
target_compile_options(msdemo_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wimplicit-fallthrough -Wextra-semi
  # What GCC guesses after inlining is often not there (GCC bug 105651 is one of many), differs
  # from version to version and with a sanitizer; that is for the sanitizers to find.
  -Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict
  # Of several sources compiled as one, GCC takes none for the main one, which may do this.
  $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-subobject-linkage>
  $<$<BOOL:${MSDEMO_WERROR}>:-Werror>)

add_library(msdemo_options INTERFACE)
if(MSDEMO_SANITIZE)
  target_compile_options(msdemo_options INTERFACE
    -fsanitize=${MSDEMO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(msdemo_options INTERFACE -fsanitize=${MSDEMO_SANITIZE})
endif()

# msdemo_library(NAME SOURCES files… [USES lower folders…] [LIBRARIES imported targets…] [PRIVATE …])
# LIBRARIES reach whoever includes the folder's headers; PRIVATE ones stay inside it.
function(msdemo_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBRARIES;PRIVATE")
  add_library(msdemo_${name} STATIC ${arg_SOURCES})
  add_library(msdemo::${name} ALIAS msdemo_${name})
  target_include_directories(msdemo_${name} PUBLIC ${PROJECT_SOURCE_DIR}/server)
  list(TRANSFORM arg_USES PREPEND msdemo::)
  target_link_libraries(msdemo_${name}
    PUBLIC msdemo_options ${arg_USES} ${arg_LIBRARIES}
    PRIVATE msdemo_warnings ${arg_PRIVATE})
endfunction()

# msdemo_compile_alone(files…): where several sources are compiled as one (CMAKE_UNITY_BUILD), not
# these, which have names of their own that a neighbour also has.
function(msdemo_compile_alone)
  set_source_files_properties(${ARGV} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# msdemo_engine(TARGET ENGINE IMPORTED SOURCES files… MISSING file) adds an engine's adapter to a
# folder's library, or, without MSDEMO_WITH_<ENGINE>, the file that says what is missing.
function(msdemo_engine target engine imported)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "MISSING" "SOURCES")
  if(MSDEMO_WITH_${engine})
    target_sources(${target} PRIVATE ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE ${imported})
  else()
    target_sources(${target} PRIVATE ${arg_MISSING})
  endif()
endfunction()

# msdemo_embed(TARGET FILE NAME) writes the text of FILE into a generated source:
#   namespace msdemo::embedded { extern const std::string_view <name>; }
function(msdemo_embed target file name)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DNAME=${name}
            -P ${PROJECT_SOURCE_DIR}/scripts/cmake/embed.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/scripts/cmake/embed.cmake
    COMMENT "Embedding ${name}" VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
