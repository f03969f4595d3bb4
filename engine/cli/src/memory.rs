//! Where memory comes from: mimalloc, in huge pages where the system gives them. Customers lie in hundreds of megabytes and are visited in no order; with pages of
//! 4 KiB the processor looks up an address for almost every one. Measured: a tenth of the engine's processor time, for a tenth more memory (`benches/RESULTS.md`).

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Called before `main`, when nothing has been allocated: mimalloc takes a GiB of addresses at the first allocation, and says then what the pages should be.
/// Whoever sets `MIMALLOC_ALLOW_LARGE_OS_PAGES=0` has it otherwise. Where `transparent_hugepage` is `never` nothing changes.
// SAFETY: the loader calls each entry of this section as a C function; this one is one, and does not unwind.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static IN_HUGE_PAGES: extern "C" fn() = in_huge_pages;

#[cfg(target_os = "linux")]
extern "C" fn in_huge_pages() {
    // SAFETY: a number and the number of an option that exist; the process has one thread yet.
    unsafe {
        libmimalloc_sys::mi_option_set_default(libmimalloc_sys::mi_option_large_os_pages, 1);
    }
}
