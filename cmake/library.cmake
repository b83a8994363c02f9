# What strangers get: libpevm.so and libpevm.a, of which only pevm_* can be seen, with headers, pkg-config file and
# CMake package; the rules of "make install".
#
#   pevm_library(OBJECTS...)    the objects of all rooms that belong to the library
include(GNUInstallDirs)

function(pevm_shared_library)
  add_library(pevm_shared SHARED ${ARGN})
  set(map ${CMAKE_SOURCE_DIR}/cmake/pevm.map)
  # Below 1.0.0 the second number changes with the ABI, too.
  set_target_properties(pevm_shared PROPERTIES OUTPUT_NAME pevm EXPORT_NAME pevm
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib LINK_DEPENDS ${map} LINKER_LANGUAGE C)
  target_link_options(pevm_shared PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined -Wl,-Bsymbolic)
  target_link_libraries(pevm_shared PRIVATE ${PEVM_LIBRARIES})
  target_include_directories(pevm_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# One object, linked before, in which everything but pevm_* is local: nothing collides with names of those who link it.
# blst comes along, as no system has it.
function(pevm_static_library)
  set(whole ${CMAKE_BINARY_DIR}/lib/pevm.o)
  set(archive ${CMAKE_BINARY_DIR}/lib/libpevm.a)
  set(list ${CMAKE_BINARY_DIR}/lib/objects.txt)
  file(GENERATE OUTPUT ${list} CONTENT "$<JOIN:${ARGN},\n>\n")
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_LINKER} -r -o ${whole} @${list} ${BLST_LIBRARY}
    COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=pevm_* ${whole}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} rcs ${archive} ${whole}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${whole}
    DEPENDS ${ARGN} ${list} VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(pevm_static ALL DEPENDS ${archive})
  install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

function(pevm_packages)
  include(CMakePackageConfigHelpers)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/pevm)
  # Paths relative to the file itself: an installed copy can be moved.
  file(RELATIVE_PATH PEVM_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/pevm.pc.in ${CMAKE_BINARY_DIR}/lib/pevm.pc @ONLY)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/pevm-config.cmake.in ${CMAKE_BINARY_DIR}/lib/pevm-config.cmake
    INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/lib/pevm-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/lib/pevm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  install(FILES ${CMAKE_BINARY_DIR}/lib/pevm-config.cmake ${CMAKE_BINARY_DIR}/lib/pevm-config-version.cmake
    DESTINATION ${package})
  install(EXPORT pevm-targets NAMESPACE pevm:: DESTINATION ${package})
endfunction()

function(pevm_man_pages)
  foreach(section 1 5)
    file(GLOB pages ${CMAKE_SOURCE_DIR}/docs/man/*.${section})
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
endfunction()

function(pevm_library)
  pevm_shared_library(${ARGN})
  pevm_static_library(${ARGN})
  install(TARGETS pevm_shared EXPORT pevm-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/pevm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  pevm_packages()
  pevm_man_pages()
endfunction()
