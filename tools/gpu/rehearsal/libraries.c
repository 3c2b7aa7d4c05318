// What the libraries beside CUDA's runtime answer in a rehearsal: cuBLAS, cuDNN, NCCL and the driver. tools/gpu/rehearse compiles
// this once for each, with its name defined, and adds every other function that LibTorch needs of it: those do nothing and succeed.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HANDLE(function)          \
    int function(void** handle) { \
        *handle = calloc(1, 64);  \
        return 0;                 \
    }

#ifdef libcublas
HANDLE(cublasCreate_v2)
int cublasGetMathMode(void* handle, int* mode) { return *mode = 0; }
int cublasGetPointerMode_v2(void* handle, int* mode) { return *mode = 0; }
#endif

#ifdef libcublasLt
size_t cublasLtGetVersion(void) { return 130100; }
HANDLE(cublasLtMatmulDescCreate)
HANDLE(cublasLtMatrixLayoutCreate)
HANDLE(cublasLtMatmulPreferenceCreate)
struct Heuristic {
    uint64_t algorithm[8];
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};
int cublasLtMatmulAlgoGetHeuristic(void* handle, void* operation, void* a, void* b, void* c, void* d, void* preference, int wanted,
                                   struct Heuristic* results, int* found) {
    memset(results, 0, sizeof *results);
    *found = 1;
    return 0;
}
#endif

#ifdef libcudnn
size_t cudnnGetVersion(void) { return 91900; }
size_t cudnnGetCudartVersion(void) { return 13010; }
const char* cudnnGetErrorString(int error) { return "an error of the rehearsal"; }
void cudnnGetLastErrorString(char* message, size_t size) {
    if (size) {
        *message = 0;
    }
}
HANDLE(cudnnCreate)
HANDLE(cudnnCreateActivationDescriptor)
HANDLE(cudnnCreateConvolutionDescriptor)
HANDLE(cudnnCreateDropoutDescriptor)
HANDLE(cudnnCreateFilterDescriptor)
HANDLE(cudnnCreatePoolingDescriptor)
HANDLE(cudnnCreateTensorDescriptor)
int cudnnGetStream(void* handle, void** stream) {
    *stream = 0;
    return 0;
}
int cudnnDropoutGetStatesSize(void* handle, size_t* bytes) {
    *bytes = 1024;
    return 0;
}
int cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(void* handle, int mode, int operations, void* x, void* z, void* y,
                                                             void* scale, void* activation, size_t* bytes) {
    *bytes = 256;
    return 0;
}
int cudnnGetBatchNormalizationBackwardExWorkspaceSize(void* handle, int mode, int operations, void* x, void* y, void* dy, void* dz,
                                                      void* dx, void* scale, void* activation, size_t* bytes) {
    *bytes = 256;
    return 0;
}
int cudnnGetBatchNormalizationTrainingExReserveSpaceSize(void* handle, int mode, int operations, void* activation, void* x, size_t* bytes) {
    *bytes = 256;
    return 0;
}

// The graph API: descriptors keep what was set; each heuristic finds one engine, whose plan needs no workspace.
enum { INT64 = 3, DESCRIPTOR = 15 };
struct Attribute {
    int name;
    int64_t count;
    size_t bytes;
    char* values;
    struct Attribute* next;
};
struct Descriptor {
    struct Attribute* first;
};
static size_t size(int type) {
    switch (type) {
        case 0:  // a handle
        case INT64:
        case 5:  // a double
        case 6:  // a pointer
        case DESCRIPTOR: return 8;
        case 2:    // a bool
        case 26: return 1;  // a char
        default: return 4;  // a float or an enum
    }
}
int cudnnBackendCreateDescriptor(int type, struct Descriptor** descriptor) {
    *descriptor = calloc(1, sizeof **descriptor);
    return 0;
}
int cudnnBackendDestroyDescriptor(struct Descriptor* descriptor) {
    for (struct Attribute *attribute = descriptor->first, *next; attribute; attribute = next) {
        next = attribute->next;
        free(attribute->values);
        free(attribute);
    }
    free(descriptor);
    return 0;
}
int cudnnBackendSetAttribute(struct Descriptor* descriptor, int name, int type, int64_t count, const void* values) {
    struct Attribute* attribute = calloc(1, sizeof *attribute);
    attribute->name = name;
    attribute->count = count;
    attribute->bytes = size(type);
    attribute->values = malloc(count * attribute->bytes + 1);
    memcpy(attribute->values, values, count * attribute->bytes);
    attribute->next = descriptor->first;
    descriptor->first = attribute;
    return 0;
}
int cudnnBackendGetAttribute(struct Descriptor* descriptor, int name, int type, int64_t wanted, int64_t* count, void* values) {
    for (struct Attribute* attribute = descriptor->first; attribute; attribute = attribute->next) {
        if (attribute->name == name) {
            if (count) {
                *count = attribute->count;
            }
            if (values) {
                memcpy(values, attribute->values, (attribute->count < wanted ? attribute->count : wanted) * attribute->bytes);
            }
            return 0;
        }
    }
    // The caller made the descriptors that are to be filled.
    if (count) {
        *count = type == DESCRIPTOR || type == INT64 ? 1 : 0;
    }
    if (values && wanted > 0 && type == INT64) {
        memset(values, 0, sizeof(int64_t));
    }
    return 0;
}
#endif

#ifdef libnccl
struct Id {
    char bytes[128];
};
struct Communicator {
    int ranks, rank;
};
int ncclGetVersion(int* version) {
    *version = 22902;
    return 0;
}
int ncclGetUniqueId(struct Id* id) {
    memset(id, 7, sizeof *id);
    return 0;
}
const char* ncclGetErrorString(int error) { return "an error of the rehearsal"; }
const char* ncclGetLastError(void* communicator) { return ""; }
int ncclCommInitRank(struct Communicator** communicator, int ranks, struct Id id, int rank) {
    *communicator = malloc(sizeof **communicator);
    **communicator = (struct Communicator) {ranks, rank};
    return 0;
}
int ncclCommInitRankConfig(struct Communicator** communicator, int ranks, struct Id id, int rank, void* configuration) {
    return ncclCommInitRank(communicator, ranks, id, rank);
}
int ncclCommInitAll(struct Communicator** communicators, int ranks, const int* devices) {
    for (int rank = 0; rank < ranks; rank++) {
        ncclCommInitRank(&communicators[rank], ranks, (struct Id) {{0}}, rank);
    }
    return 0;
}
// Nothing comes from another rank, and where CUDA_REHEARSAL_STUCK says so, it does not even seem to have come.
void cudaRehearsalCall(const char*);
void cudaRehearsalHold(void* stream);
void cudaRehearsalRelease(void);
static int exchange(const char* call, void* stream) {
    static long exchanges;
    const char* stuck = getenv("CUDA_REHEARSAL_STUCK");
    cudaRehearsalCall(call);
    if (stuck && *stuck && __sync_add_and_fetch(&exchanges, 1) >= atol(stuck)) {
        cudaRehearsalHold(stream);
    }
    return 0;
}
int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, void* communicator, void* stream) {
    return exchange("ncclAllReduce", stream);
}
int ncclBcast(void* inPlace, size_t count, int type, int root, void* communicator, void* stream) {
    return exchange("ncclBcast", stream);
}
int ncclAllGather(const void* from, void* to, size_t count, int type, void* communicator, void* stream) {
    return exchange("ncclAllGather", stream);
}
int ncclSend(const void* from, size_t count, int type, int peer, void* communicator, void* stream) {
    return exchange("ncclSend", stream);
}
int ncclRecv(void* to, size_t count, int type, int peer, void* communicator, void* stream) {
    return exchange("ncclRecv", stream);
}
int ncclCommAbort(void* communicator) {
    cudaRehearsalCall("ncclCommAbort");
    cudaRehearsalRelease();
    return 0;
}
int ncclCommGetAsyncError(void* communicator, int* error) { return *error = 0; }
int ncclCommCount(struct Communicator* communicator, int* ranks) {
    *ranks = communicator->ranks;
    return 0;
}
int ncclCommUserRank(struct Communicator* communicator, int* rank) {
    *rank = communicator->rank;
    return 0;
}
#endif

#ifdef libcuda
int cuDriverGetVersion(int* version) {
    *version = 13010;
    return 0;
}
_Bool cudaRehearsalHasContext(int device);
int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
    *flags = 0;
    *active = cudaRehearsalHasContext(device);
    return 0;
}
int cuCtxGetCurrent(void** context) {
    static char primary;
    *context = &primary;
    return 0;
}
#endif
