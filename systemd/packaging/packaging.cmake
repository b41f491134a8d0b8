# Three Debian packages by cpack (scripts/package): rpc-sidecar, the daemon with its units;
# librpcsidecar0, the C client; librpcsidecar-dev, its header and build files. Which file goes where is
# said by COMPONENT at each install().
add_custom_target(installed DEPENDS rpc-sidecar rpcsidecar_shared rpc-sidecar-completion)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "rpc-sidecar")
set(CPACK_PACKAGE_CONTACT "rpc-sidecar maintainers <maintainers@rpc-sidecar.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own first line
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL daemon library dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME rpc-sidecar)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
# libwebsockets loads its libuv glue at run time, so no tool sees that it is needed.
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS "libwebsockets-evlib-uv, ca-certificates, systemd")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm
  ${CMAKE_CURRENT_LIST_DIR}/postrm)
set(CPACK_DEBIAN_DAEMON_DESCRIPTION
  "Owner of all JSON-RPC provider connections of a host\nServes many local workers through one Unix socket: calls and subscriptions of Ethereum-like\nchains and Solana, with failover, budgets and metrics.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME librpcsidecar${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
  "C client of rpc-sidecar\nThe length-prefixed protocol of rpc-sidecar's socket as a small C library.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME librpcsidecar-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "librpcsidecar${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEV_DESCRIPTION
  "C client of rpc-sidecar, development files\nHeader, pkg-config and CMake files of librpcsidecar.")
include(CPack)
