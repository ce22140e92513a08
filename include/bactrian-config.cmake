# find_package(bactrian 0.1 REQUIRED) gives the target bactrian::bactrian (the shared library, or the static one
# where there is no other or BACTRIAN_STATIC is set). Installed as <prefix>/lib/cmake/bactrian/bactrian-config.cmake;
# the prefix follows from where it lies.
get_filename_component(_bactrian_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

find_library(_bactrian_shared
    NAMES ${CMAKE_SHARED_LIBRARY_PREFIX}bactrian${CMAKE_SHARED_LIBRARY_SUFFIX}
    HINTS "${_bactrian_prefix}/lib" NO_DEFAULT_PATH NO_CACHE)
find_library(_bactrian_static
    NAMES ${CMAKE_STATIC_LIBRARY_PREFIX}bactrian${CMAKE_STATIC_LIBRARY_SUFFIX}
    HINTS "${_bactrian_prefix}/lib" NO_DEFAULT_PATH NO_CACHE)

if(NOT TARGET bactrian::bactrian)
    if(_bactrian_shared AND NOT BACTRIAN_STATIC)
        add_library(bactrian::bactrian SHARED IMPORTED)
        set_target_properties(bactrian::bactrian PROPERTIES IMPORTED_LOCATION "${_bactrian_shared}" IMPORTED_NO_SONAME TRUE)
    elseif(_bactrian_static)
        add_library(bactrian::bactrian STATIC IMPORTED)
        set_target_properties(bactrian::bactrian PROPERTIES IMPORTED_LOCATION "${_bactrian_static}")
        if(UNIX)
            find_package(Threads REQUIRED)
            target_link_libraries(bactrian::bactrian INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
        endif()
    else()
        set(bactrian_FOUND FALSE)
        set(bactrian_NOT_FOUND_MESSAGE "no library in ${_bactrian_prefix}/lib")
        return()
    endif()
    target_include_directories(bactrian::bactrian INTERFACE "${_bactrian_prefix}/include")
endif()
