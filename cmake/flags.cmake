# Compiler flags of the whole house. Warnings are the same for both compilers; the code generation flags
# and the reasons for them are in docs/DEPENDENCIES.md.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough
  -fvisibility=hidden -fno-strict-aliasing)
add_compile_definitions(_GNU_SOURCE)
if(PEVM_WERROR)
  add_compile_options(-Werror)
endif()
if(PEVM_VERIFY)
  add_compile_definitions(PEVM_VERIFY=1)
endif()
if(PEVM_ARCH AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=${PEVM_ARCH})
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-mtune=generic)
endif()
if(PEVM_SANITIZE)
  add_compile_options(-fsanitize=${PEVM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PEVM_SANITIZE})
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
