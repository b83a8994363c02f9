# Tests of all interleavings (src/sync/weave.h) and stress tests with real threads.
#
#   pevm_weave_test(ROOM NOUN SOURCES...)
#     tests/weave/ROOM/weave_NOUN.c, with the sources under test (paths from the root), all compiled once more
#     with PEVM_WEAVE: name every .c file whose atomics, pauses or parkers the threads of the test reach, those
#     of sync included. The rest comes from libpevm_inside as it ships. Labelled "weave". ThreadSanitizer does
#     not follow the coroutines, so its preset has none of these.
#
#   pevm_weave_objects(NAME SOURCES...)
#     An object library of sources compiled that way, for a program with another driver (a virtual clock):
#     it needs src/sync/weave_hook.c and usually src/sync/coroutine.c.
#
#   pevm_stress_test(ROOM NOUN)
#     tests/stress/ROOM/stress_NOUN.c: real threads for PEVM_STRESS_SECONDS (default 2) in all. Labelled
#     "stress"; worth most under the preset tsan.

function(pevm_weave_objects name)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  add_library(${name} OBJECT ${ARGN})
  target_compile_definitions(${name} PRIVATE PEVM_WEAVE=1)
endfunction()

if(NOT PEVM_SANITIZE MATCHES "thread")
  pevm_weave_objects(weave_kit src/sync/coroutine.c src/sync/weave.c src/sync/weave_explore.c
    src/sync/weave_hook.c)
endif()

function(pevm_weave_test room noun)
  if(NOT TARGET weave_kit)
    return()
  endif()
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  add_executable(weave_${noun} ${CMAKE_SOURCE_DIR}/tests/weave/${room}/weave_${noun}.c ${ARGN}
    $<TARGET_OBJECTS:weave_kit>)
  target_compile_definitions(weave_${noun} PRIVATE PEVM_WEAVE=1)
  target_link_libraries(weave_${noun} PRIVATE test_kit)
  add_test(NAME weave/${room}/${noun} COMMAND weave_${noun})
  set_tests_properties(weave/${room}/${noun} PROPERTIES LABELS weave TIMEOUT 300)
endfunction()

function(pevm_stress_test room noun)
  add_executable(stress_${noun} ${CMAKE_SOURCE_DIR}/tests/stress/${room}/stress_${noun}.c)
  target_link_libraries(stress_${noun} PRIVATE test_kit)
  add_test(NAME stress/${room}/${noun} COMMAND stress_${noun})
  set_tests_properties(stress/${room}/${noun} PROPERTIES LABELS stress)
endfunction()
