# Every dependency of the project, found in one place. All come from the distribution;
# docs/ARCHITECTURE.md gives the reason for each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Debian compiles cpp-httplib into a shared library; its pkg-config flags are part of its ABI.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)

# Engines for more than one machine, each the choice of MSDEMO_WITH_….
if(MSDEMO_WITH_POSTGRES)
  pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx libpq)
endif()
if(MSDEMO_WITH_RABBITMQ)
  pkg_check_modules(rabbitmq REQUIRED IMPORTED_TARGET librabbitmq)
endif()
if(MSDEMO_WITH_KAFKA)
  pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
endif()

if(MSDEMO_BUILD_TESTS)
  find_package(Catch2 REQUIRED)  # 2.13 on Debian 12, 3.7 on Debian 13
  if(MSDEMO_BUILD_BENCHMARKS)
    find_package(benchmark REQUIRED)
  endif()
endif()
