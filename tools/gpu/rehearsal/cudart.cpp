// The CUDA runtime of a rehearsal (tools/gpu/rehearse): LibTorch's natives for CUDA run on it where no GPU is. It has memory,
// streams, events, copies and errors as CUDA has them, and no kernels: what they would have written stays as it was, zeros at first.
//
//   CUDA_REHEARSAL_DEVICES=n      how many GPUs there are (1)
//   CUDA_REHEARSAL_MIB=n          the memory of each (8192)
//   CUDA_REHEARSAL_DRIVER=n       the CUDA version of the driver, such as 12080 for 12.8 (13010)
//   CUDA_REHEARSAL_CAPABILITY=n   10 times their compute capability (80)
//   CUDA_REHEARSAL_FAIL=n         the error that kernels fail with, such as 209, no image for the device, or 214, uncorrectable ECC
//                                 error: after any but 209 all later calls fail with it, too
//   CUDA_REHEARSAL_FAIL_AT=n      the first kernel that fails, counted from 1 (1)
//   CUDA_REHEARSAL_DELAY_US=n     how long an asynchronous copy takes at least (0)
//   CUDA_REHEARSAL_STUCK=n        from the n-th exchange of NCCL on, none is ever complete, but all are over when one is aborted
//   CUDA_REHEARSAL_LOG=file       a line for each copy, synchronisation, event and allocation, and for the first use of a GPU
//   CUDA_REHEARSAL_LAUNCHES=1     a line for each kernel, too
//   CUDA_REHEARSAL_TRACE=1        where waiting calls come from
//
// Each stream has a thread that copies in the stream's order, so that a buffer that is used again too early, or read too early, has
// the wrong content here as on a GPU. Declarations are those of CUDA 13's runtime API, as far as LibTorch calls it.
#include <atomic>
#include <condition_variable>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int Error;
enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    INSUFFICIENT_DRIVER = 35,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    NO_KERNEL_IMAGE = 209,
    ECC_UNCORRECTABLE = 214,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_FAILURE = 719,
    NOT_SUPPORTED = 801
};
struct Dim3 {
    unsigned x, y, z;
};

namespace {
const int CUDA_13 = 13000;
const int RUNTIME_VERSION = 13010;
const size_t STAGED = 64 << 10;

long setting(const char* name, long otherwise) {
    const char* value = getenv(name);
    return value && *value ? atol(value) : otherwise;
}
const int devices = (int) setting("CUDA_REHEARSAL_DEVICES", 1);
const size_t memory = (size_t) setting("CUDA_REHEARSAL_MIB", 8192) << 20;
const int driver = (int) setting("CUDA_REHEARSAL_DRIVER", RUNTIME_VERSION);
const int capability = (int) setting("CUDA_REHEARSAL_CAPABILITY", 80);
const Error failure = (Error) setting("CUDA_REHEARSAL_FAIL", SUCCESS);
const long failsAt = setting("CUDA_REHEARSAL_FAIL_AT", 1);
const long delay = setting("CUDA_REHEARSAL_DELAY_US", 0);
const bool logsLaunches = setting("CUDA_REHEARSAL_LAUNCHES", 0) != 0;
const bool traces = setting("CUDA_REHEARSAL_TRACE", 0) != 0;

thread_local int current = 0;
thread_local Error lastError = SUCCESS;
std::atomic<bool> contexts[64];

Error failed(Error error) {
    lastError = error;
    return error;
}

std::atomic<long> kernelsAsked{0};
std::atomic<Error> broken{SUCCESS};

// A failure of a kernel is found out by the calls that follow, but for one that cannot be started.
Error countKernel() {
    long number = ++kernelsAsked;
    if (broken == SUCCESS && failure != SUCCESS && number >= failsAt) {
        if (failure == NO_KERNEL_IMAGE) {
            return failed(failure);
        }
        broken = failure;
        return SUCCESS;
    }
    return broken == SUCCESS ? (Error) SUCCESS : failed(broken);
}

enum Wait { GOES_ON, WAITS };

void log(Wait wait, const char* format, ...) {
    static const char* name = getenv("CUDA_REHEARSAL_LOG");
    static const int file = name ? open(name, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (file < 0) {
        return;
    }
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    length = length > (int) sizeof line - 2 ? (int) sizeof line - 2 : length;
    line[length++] = '\n';
    (void) !write(file, line, length);
    if (wait == WAITS && traces) {
        void* frames[64];
        backtrace_symbols_fd(frames, backtrace(frames, 64), file);
    }
}

// What a process has on a GPU from its first use on, some 500 MB there.
void enter() {
    if (current < 64 && !contexts[current].exchange(true)) {
        log(GOES_ON, "context device %d", current);
    }
}

// Never destroyed: the threads of the streams wait for them to the end of the process.
std::mutex& lock = *new std::mutex;
std::condition_variable& changed = *new std::condition_variable;
typedef std::unique_lock<std::mutex> Locked;

struct Event {
    uint64_t asked = 0, done = 0;
};
struct Work {
    enum { COPY, SET, RECORD, AWAIT } kind;
    void* to;
    const void* from;
    size_t bytes;
    Event* event;
    uint64_t value;  // of the bytes that are set, or how often the event had been recorded, or 1 where from is to be freed
};
struct Stream {
    int device, number;
    std::deque<Work> work;
    bool busy = false, started = false;

    bool idle() const { return work.empty() && !busy; }
};
std::vector<Stream*> streams;
std::map<int, Stream*> defaults;

Stream* create() {
    streams.push_back(new Stream{current, (int) streams.size() + 1});
    return streams.back();
}

// Null, and the two special handles of the default stream, are the default stream of the current device: number 0.
Stream* of(void* handle) {
    if ((uintptr_t) handle > 2) {
        return (Stream*) handle;
    }
    Stream*& stream = defaults[current];
    if (!stream) {
        stream = create();
        stream->number = 0;
    }
    return stream;
}

void run(Stream* stream) {
    Locked locked(lock);
    for (;;) {
        changed.wait(locked, [&] { return !stream->work.empty(); });
        Work work = stream->work.front();
        if (work.kind == Work::AWAIT) {
            changed.wait(locked, [&] { return work.event->done >= work.value; });
        }
        stream->busy = true;
        stream->work.pop_front();
        if (work.kind == Work::COPY || work.kind == Work::SET) {
            locked.unlock();
            if (work.kind == Work::COPY) {
                if (delay) {
                    usleep(delay);
                }
                memcpy(work.to, work.from, work.bytes);
                if (work.value) {
                    free((void*) work.from);
                }
            } else {
                memset(work.to, (int) work.value, work.bytes);
            }
            locked.lock();
        } else if (work.kind == Work::RECORD && work.event->done < work.value) {
            work.event->done = work.value;
        }
        stream->busy = false;
        changed.notify_all();
    }
}

void push(Stream* stream, Work work) {
    if (!stream->started) {
        stream->started = true;
        std::thread(run, stream).detach();
    }
    stream->work.push_back(work);
    changed.notify_all();
}

void await(Locked& locked, Stream* stream) {
    changed.wait(locked, [&] { return stream->idle(); });
}

void awaitAll(Locked& locked) {
    changed.wait(locked, [] {
        for (Stream* stream : streams) {
            if (!stream->idle()) {
                return false;
            }
        }
        return true;
    });
}

struct Range {
    size_t bytes;
    int device;
    bool host;
};
std::map<uintptr_t, Range> ranges;
std::map<int, size_t> used;

const Range* range(const void* pointer) {
    auto next = ranges.upper_bound((uintptr_t) pointer);
    if (next == ranges.begin()) {
        return nullptr;
    }
    --next;
    return (uintptr_t) pointer < next->first + next->second.bytes ? &next->second : nullptr;
}

const char* place(const void* pointer) {
    const Range* found = range(pointer);
    return !found ? "pageable" : found->host ? "pinned" : "device";
}

void* pages(size_t bytes) {
    return mmap(nullptr, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

Error copy(void* to, const void* from, size_t bytes, void* handle, bool asynchronous) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    if (!bytes) {
        return SUCCESS;
    }
    Locked locked(lock);
    Stream* stream = of(handle);
    // What CUDA cannot reach by itself it copies before it returns, or keeps a copy of until then if it is small.
    bool stages = asynchronous && range(to) && !range(from) && bytes <= STAGED;
    bool waits = !stages && (!asynchronous || !range(to) || !range(from));
    log(waits ? WAITS : GOES_ON, "copy %s %s>%s %zu stream %d:%d", !asynchronous ? "now" : waits ? "waiting" : stages ? "staged" : "async",
        place(from), place(to), bytes, stream->device, stream->number);
    if (stages) {
        push(stream, {Work::COPY, to, memcpy(malloc(bytes), from, bytes), bytes, nullptr, 1});
        return SUCCESS;
    }
    push(stream, {Work::COPY, to, from, bytes, nullptr, 0});
    if (waits) {
        await(locked, stream);
    }
    return SUCCESS;
}

std::unordered_map<const void*, std::string>& kernels = *new std::unordered_map<const void*, std::string>;

Error launch(const void* kernel, void* handle) {
    enter();
    Error error = countKernel();
    if (error != SUCCESS) {
        return error;
    }
    if (logsLaunches) {
        Locked locked(lock);
        Stream* stream = of(handle);
        auto name = kernels.find(kernel);
        log(GOES_ON, "launch stream %d:%d %s", stream->device, stream->number, name == kernels.end() ? "?" : name->second.c_str());
    }
    return SUCCESS;
}

struct Configuration {
    Dim3 grid, block;
    size_t shared;
    void* stream;
};
thread_local std::vector<Configuration> configurations;
}  // namespace

extern "C" {
// For the other libraries of a rehearsal.
void cudaRehearsalCall(const char* what) {
    countKernel();
    if (logsLaunches) {
        log(GOES_ON, "call %s", what);
    }
}
bool cudaRehearsalHasContext(int device) { return device >= 0 && device < 64 && contexts[device]; }
static Event held{1, 0};
void cudaRehearsalHold(void* handle) {
    Locked locked(lock);
    Stream* stream = of(handle);
    log(GOES_ON, "held stream %d:%d", stream->device, stream->number);
    push(stream, {Work::AWAIT, nullptr, nullptr, 0, &held, 1});
}
void cudaRehearsalRelease() {
    Locked locked(lock);
    held.done = 1;
    changed.notify_all();
}

// --- Kernels --------------------------------------------------------------------------------------------------------------------
void** __cudaRegisterFatBinary(void*) {
    static void* handle;
    return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, size_t, int, int) {}
void __cudaRegisterFunction(void**, const char* host, char*, const char* name, int, void*, void*, void*, void*, int*) {
    Locked locked(lock);
    kernels[host] = name;
}
Error __cudaGetKernel(const void** kernel, const void* entry) {
    *kernel = entry;
    return SUCCESS;
}
unsigned __cudaPushCallConfiguration(Dim3 grid, Dim3 block, size_t shared, void* stream) {
    configurations.push_back({grid, block, shared, stream});
    return 0;
}
Error __cudaPopCallConfiguration(Dim3* grid, Dim3* block, size_t* shared, void* stream) {
    Configuration last = configurations.back();
    configurations.pop_back();
    *grid = last.grid;
    *block = last.block;
    *shared = last.shared;
    *(void**) stream = last.stream;
    return SUCCESS;
}
Error __cudaLaunchKernel(const void* kernel, Dim3, Dim3, void**, size_t, void* stream) { return launch(kernel, stream); }
Error cudaLaunchKernelExC(const void* config, const void* kernel, void**) {
    void* stream;
    memcpy(&stream, (const char*) config + 32, sizeof stream);  // behind the sizes of grid, block and shared memory
    return launch(kernel, stream);
}
struct FunctionAttributes {
    size_t shared, constants, local;
    int threads, registers, ptx, binary, cache, dynamic, carveout;
};
Error cudaFuncGetAttributes(FunctionAttributes* attributes, const void*) {
    *attributes = {0, 0, 0, 1024, 32, 80, 80, 0, 49152, -1};
    return SUCCESS;
}
Error cudaFuncSetAttribute(const void*, int, int) { return SUCCESS; }
Error cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int, size_t, unsigned) {
    *blocks = 2;
    return SUCCESS;
}

// --- Devices --------------------------------------------------------------------------------------------------------------------
Error cudaGetDeviceCount(int* count) {
    *count = 0;
    if (driver < CUDA_13) {
        return failed(INSUFFICIENT_DRIVER);
    }
    if (devices == 0) {
        return failed(NO_DEVICE);
    }
    *count = devices;
    return SUCCESS;
}
Error cudaGetDevice(int* device) {
    *device = current;
    return SUCCESS;
}
Error cudaSetDevice(int device) {
    if (device < 0 || device >= devices) {
        return failed(INVALID_DEVICE);
    }
    current = device;
    enter();
    return SUCCESS;
}
Error cudaDriverGetVersion(int* version) {
    *version = driver;
    return SUCCESS;
}
Error cudaRuntimeGetVersion(int* version) {
    *version = RUNTIME_VERSION;
    return SUCCESS;
}
// The numbers of an A100.
Error cudaDeviceGetAttribute(int* value, int attribute, int) {
    static const std::map<int, int> values = {
        {1, 1024},  {2, 1024},   {3, 1024},   {4, 64},    {5, 2147483647}, {6, 65535},   {7, 65535},
        {8, 49152}, {10, 32},    {12, 65536}, {16, 108},  {39, 2048},      {75, capability / 10}, {76, capability % 10},
        {81, 167936}, {97, 166912}};
    auto found = values.find(attribute);
    *value = found == values.end() ? 1 : found->second;
    return SUCCESS;
}
struct Properties {  // 1008 bytes
    char name[256], uuid[16], luid[8];
    unsigned luidDeviceNodeMask;
    size_t totalGlobalMem, sharedMemPerBlock;
    int regsPerBlock, warpSize;
    size_t memPitch;
    int maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
    size_t totalConstMem;
    int major, minor;
    size_t textureAlignment, texturePitchAlignment;
    int multiProcessorCount, integrated, canMapHostMemory, textures[39];
    size_t surfaceAlignment;
    int concurrentKernels, eccEnabled, pciBus, pciDevice, pciDomain, tccDriver, asyncEngineCount, unifiedAddressing, memoryBusWidth,
        l2CacheSize, persistingL2CacheMaxSize, maxThreadsPerMultiProcessor, streamPrioritiesSupported, globalL1CacheSupported,
        localL1CacheSupported;
    size_t sharedMemPerMultiprocessor;
    int regsPerMultiprocessor, managedMemory, others[7], cooperativeLaunch;
    size_t sharedMemPerBlockOptin;
    int pageTablesOfHost, managedFromHost, maxBlocksPerMultiProcessor, rest[79];
};
Error cudaGetDeviceProperties(void* properties, int device) {
    Properties p = {};
    strcpy(p.name, "rehearsal without a GPU");
    p.uuid[0] = (char) (device + 1);
    p.totalGlobalMem = memory;
    p.sharedMemPerBlock = 49152;
    p.regsPerBlock = p.regsPerMultiprocessor = 65536;
    p.warpSize = 32;
    p.maxThreadsPerBlock = p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
    p.maxThreadsDim[2] = 64;
    p.maxGridSize[0] = 2147483647;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.major = capability / 10;
    p.minor = capability % 10;
    p.textureAlignment = 512;
    p.multiProcessorCount = 108;
    p.pciBus = device + 1;
    p.asyncEngineCount = 3;
    p.concurrentKernels = p.unifiedAddressing = p.streamPrioritiesSupported = p.cooperativeLaunch = 1;
    p.l2CacheSize = 40 << 20;
    p.maxThreadsPerMultiProcessor = 2048;
    p.sharedMemPerMultiprocessor = 167936;
    p.sharedMemPerBlockOptin = 166912;
    p.maxBlocksPerMultiProcessor = 32;
    static_assert(sizeof p == 1008, "as large as CUDA's");
    memcpy(properties, &p, sizeof p);
    return SUCCESS;
}
Error cudaDeviceGetPCIBusId(char* id, int length, int device) {
    snprintf(id, length, "0000:%02x:00.0", device + 1);
    return SUCCESS;
}
Error cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return SUCCESS;
}
Error cudaDeviceCanAccessPeer(int* can, int, int) {
    *can = 1;
    return SUCCESS;
}
Error cudaDeviceEnablePeerAccess(int, unsigned) { return SUCCESS; }
Error cudaDeviceSynchronize() {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    log(WAITS, "sync device %d", current);
    awaitAll(locked);
    return SUCCESS;
}
// LibTorch does without the functions of the driver that are newer than CUDA 11.
Error cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned, unsigned long long, int* status) {
    *function = nullptr;
    if (status) {
        *status = 1;
    }
    return SUCCESS;
}

// --- Errors ---------------------------------------------------------------------------------------------------------------------
const char* cudaGetErrorName(Error error) {
    switch (error) {
        case SUCCESS: return "cudaSuccess";
        case OUT_OF_MEMORY: return "cudaErrorMemoryAllocation";
        case INSUFFICIENT_DRIVER: return "cudaErrorInsufficientDriver";
        case NO_DEVICE: return "cudaErrorNoDevice";
        case INVALID_DEVICE: return "cudaErrorInvalidDevice";
        case NO_KERNEL_IMAGE: return "cudaErrorNoKernelImageForDevice";
        case ECC_UNCORRECTABLE: return "cudaErrorECCUncorrectable";
        case ILLEGAL_ADDRESS: return "cudaErrorIllegalAddress";
        case LAUNCH_FAILURE: return "cudaErrorLaunchFailure";
        case NOT_READY: return "cudaErrorNotReady";
        case NOT_SUPPORTED: return "cudaErrorNotSupported";
        default: return "cudaErrorInvalidValue";
    }
}
const char* cudaGetErrorString(Error error) {
    switch (error) {
        case SUCCESS: return "no error";
        case OUT_OF_MEMORY: return "out of memory";
        case INSUFFICIENT_DRIVER: return "CUDA driver version is insufficient for CUDA runtime version";
        case NO_DEVICE: return "no CUDA-capable device is detected";
        case INVALID_DEVICE: return "invalid device ordinal";
        case NO_KERNEL_IMAGE: return "no kernel image is available for execution on the device";
        case ECC_UNCORRECTABLE: return "uncorrectable ECC error encountered";
        case ILLEGAL_ADDRESS: return "an illegal memory access was encountered";
        case LAUNCH_FAILURE: return "unspecified launch failure";
        case NOT_READY: return "device not ready";
        case NOT_SUPPORTED: return "operation not supported";
        default: return "invalid argument";
    }
}
Error cudaGetLastError() {
    Error error = broken == SUCCESS ? lastError : (Error) broken;
    lastError = SUCCESS;
    return error;
}
Error cudaPeekAtLastError() { return broken == SUCCESS ? lastError : (Error) broken; }

// --- Memory ---------------------------------------------------------------------------------------------------------------------
Error cudaMalloc(void** pointer, size_t bytes) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    if (used[current] + bytes > memory) {
        *pointer = nullptr;
        return failed(OUT_OF_MEMORY);
    }
    *pointer = pages(bytes);
    used[current] += bytes;
    ranges[(uintptr_t) *pointer] = {bytes, current, false};
    log(GOES_ON, "malloc device %d %zu of %zu", current, bytes, used[current]);
    return SUCCESS;
}
Error cudaFree(void* pointer) {
    if (broken != SUCCESS) {
        return failed(broken);
    }
    if (!pointer) {
        return SUCCESS;
    }
    Locked locked(lock);
    auto found = ranges.find((uintptr_t) pointer);
    if (found == ranges.end()) {
        return failed(INVALID_VALUE);
    }
    log(WAITS, "sync free device %d %zu", found->second.device, found->second.bytes);
    awaitAll(locked);
    used[found->second.device] -= found->second.bytes;
    munmap(pointer, found->second.bytes ? found->second.bytes : 1);
    ranges.erase(found);
    return SUCCESS;
}
Error cudaMallocAsync(void** pointer, size_t bytes, void*) { return cudaMalloc(pointer, bytes); }
Error cudaFreeAsync(void* pointer, void*) { return cudaFree(pointer); }
Error cudaMemGetInfo(size_t* free, size_t* total) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    *free = memory - used[current];
    *total = memory;
    return SUCCESS;
}
Error cudaHostAlloc(void** pointer, size_t bytes, unsigned) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    *pointer = pages(bytes);
    ranges[(uintptr_t) *pointer] = {bytes, current, true};
    log(GOES_ON, "pin %zu", bytes);
    return SUCCESS;
}
Error cudaFreeHost(void* pointer) {
    Locked locked(lock);
    auto found = ranges.find((uintptr_t) pointer);
    if (found == ranges.end()) {
        return pointer ? failed(INVALID_VALUE) : SUCCESS;
    }
    munmap(pointer, found->second.bytes ? found->second.bytes : 1);
    ranges.erase(found);
    return SUCCESS;
}
Error cudaHostRegister(void* pointer, size_t bytes, unsigned) {
    Locked locked(lock);
    ranges[(uintptr_t) pointer] = {bytes, current, true};
    return SUCCESS;
}
Error cudaHostUnregister(void* pointer) {
    Locked locked(lock);
    ranges.erase((uintptr_t) pointer);
    return SUCCESS;
}
struct PointerAttributes {
    int type, device;
    void *onDevice, *onHost;
};
Error cudaPointerGetAttributes(PointerAttributes* attributes, const void* pointer) {
    enter();
    Locked locked(lock);
    const Range* found = range(pointer);
    bool host = !found || found->host;
    *attributes = {!found ? 0 : host ? 1 : 2, found ? found->device : -2, found ? (void*) pointer : nullptr, host ? (void*) pointer : nullptr};
    return SUCCESS;
}
Error cudaMemcpy(void* to, const void* from, size_t bytes, int) { return copy(to, from, bytes, nullptr, false); }
Error cudaMemcpyAsync(void* to, const void* from, size_t bytes, int, void* stream) { return copy(to, from, bytes, stream, true); }
Error cudaMemcpyPeerAsync(void* to, int, const void* from, int, size_t bytes, void* stream) { return copy(to, from, bytes, stream, true); }
Error cudaMemcpyToSymbol(const void*, const void*, size_t, size_t, int) { return SUCCESS; }
Error cudaGetSymbolAddress(void** pointer, const void*) {
    static char symbol[1 << 16];
    *pointer = symbol;
    return SUCCESS;
}
Error cudaMemsetAsync(void* pointer, int value, size_t bytes, void* stream) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    push(of(stream), {Work::SET, pointer, nullptr, bytes, nullptr, (uint64_t) value});
    return SUCCESS;
}
Error cudaMemset(void* pointer, int value, size_t bytes) { return cudaMemsetAsync(pointer, value, bytes, nullptr); }

// --- Streams and events ---------------------------------------------------------------------------------------------------------
Error cudaStreamCreateWithPriority(void** stream, unsigned, int) {
    enter();
    Locked locked(lock);
    *stream = create();
    return SUCCESS;
}
Error cudaStreamDestroy(void*) { return SUCCESS; }
Error cudaStreamGetPriority(void*, int* priority) {
    *priority = 0;
    return SUCCESS;
}
Error cudaStreamQuery(void* stream) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    return of(stream)->idle() ? SUCCESS : NOT_READY;
}
Error cudaStreamSynchronize(void* handle) {
    enter();
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    Stream* stream = of(handle);
    log(WAITS, "sync stream %d:%d", stream->device, stream->number);
    await(locked, stream);
    return SUCCESS;
}
Error cudaStreamWaitEvent(void* handle, void* awaited, unsigned) {
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    Stream* stream = of(handle);
    Event* event = (Event*) awaited;
    log(GOES_ON, "wait stream %d:%d event %p", stream->device, stream->number, awaited);
    push(stream, {Work::AWAIT, nullptr, nullptr, 0, event, event->asked});
    return SUCCESS;
}
Error cudaStreamIsCapturing(void*, int* status) {
    *status = 0;
    return SUCCESS;
}
Error cudaStreamGetCaptureInfo(void*, int* status, unsigned long long* id, void*, void*, void*, size_t* dependencies) {
    *status = 0;
    if (id) {
        *id = 0;
    }
    if (dependencies) {
        *dependencies = 0;
    }
    return SUCCESS;
}
Error cudaThreadExchangeStreamCaptureMode(int*) { return SUCCESS; }

Error cudaEventCreateWithFlags(void** event, unsigned) {
    enter();
    *event = new Event;
    return SUCCESS;
}
Error cudaEventCreate(void** event) { return cudaEventCreateWithFlags(event, 0); }
// Its stream may still have to record it: it stays.
Error cudaEventDestroy(void*) { return SUCCESS; }
Error cudaEventRecordWithFlags(void* recorded, void* handle, unsigned) {
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    Stream* stream = of(handle);
    Event* event = (Event*) recorded;
    event->asked++;
    log(GOES_ON, "record stream %d:%d event %p", stream->device, stream->number, recorded);
    push(stream, {Work::RECORD, nullptr, nullptr, 0, event, event->asked});
    return SUCCESS;
}
Error cudaEventRecord(void* event, void* stream) { return cudaEventRecordWithFlags(event, stream, 0); }
Error cudaEventQuery(void* queried) {
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    Event* event = (Event*) queried;
    return event->done >= event->asked ? SUCCESS : NOT_READY;
}
Error cudaEventSynchronize(void* awaited) {
    if (broken != SUCCESS) {
        return failed(broken);
    }
    Locked locked(lock);
    log(WAITS, "sync event %p", awaited);
    Event* event = (Event*) awaited;
    uint64_t asked = event->asked;
    changed.wait(locked, [&] { return event->done >= asked; });
    return SUCCESS;
}
Error cudaEventElapsedTime(float* milliseconds, void*, void*) {
    *milliseconds = 1;
    return SUCCESS;
}

// --- What contrast4j never uses: pools of memory, graphs, memory of other processes ---------------------------------------------
#define UNSUPPORTED(name) \
    Error name() { return failed(NOT_SUPPORTED); }
UNSUPPORTED(cudaDeviceGetDefaultMemPool)
UNSUPPORTED(cudaMemPoolGetAttribute)
UNSUPPORTED(cudaMemPoolSetAccess)
UNSUPPORTED(cudaMemPoolSetAttribute)
UNSUPPORTED(cudaMemPoolTrimTo)
UNSUPPORTED(cudaStreamAddCallback)
UNSUPPORTED(cudaStreamBeginCapture)
UNSUPPORTED(cudaStreamEndCapture)
UNSUPPORTED(cudaGraphDebugDotPrint)
UNSUPPORTED(cudaGraphDestroy)
UNSUPPORTED(cudaGraphExecDestroy)
UNSUPPORTED(cudaGraphGetNodes)
UNSUPPORTED(cudaGraphInstantiate)
UNSUPPORTED(cudaGraphInstantiateWithFlags)
UNSUPPORTED(cudaGraphLaunch)
UNSUPPORTED(cudaGraphNodeGetDependencies)
UNSUPPORTED(cudaIpcCloseMemHandle)
UNSUPPORTED(cudaIpcGetEventHandle)
UNSUPPORTED(cudaIpcGetMemHandle)
UNSUPPORTED(cudaIpcOpenEventHandle)
UNSUPPORTED(cudaIpcOpenMemHandle)
}
