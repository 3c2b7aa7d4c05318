package io.contrast4j.checkpoint;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The kinds of tensor elements that files may hold, and what each is called in the formats. */
public enum ElementType {
    FLOAT32(ScalarType.Float, 4, "F32", "FloatStorage", "float32"),
    FLOAT64(ScalarType.Double, 8, "F64", "DoubleStorage", "float64"),
    FLOAT16(ScalarType.Half, 2, "F16", "HalfStorage", "float16"),
    BFLOAT16(ScalarType.BFloat16, 2, "BF16", "BFloat16Storage", "bfloat16"),
    INT64(ScalarType.Long, 8, "I64", "LongStorage", "int64"),
    INT32(ScalarType.Int, 4, "I32", "IntStorage", "int32"),
    INT16(ScalarType.Short, 2, "I16", "ShortStorage", "int16"),
    INT8(ScalarType.Char, 1, "I8", "CharStorage", "int8"),
    UINT8(ScalarType.Byte, 1, "U8", "ByteStorage", "uint8"),
    BOOL(ScalarType.Bool, 1, "BOOL", "BoolStorage", "bool"),
    COMPLEX64(ScalarType.ComplexFloat, 8, "C64", "ComplexFloatStorage", "complex64"),
    COMPLEX128(ScalarType.ComplexDouble, 16, "", "ComplexDoubleStorage", "complex128"),
    UINT16(ScalarType.UInt16, 2, "U16", "", "uint16"),
    UINT32(ScalarType.UInt32, 4, "U32", "", "uint32"),
    UINT64(ScalarType.UInt64, 8, "U64", "", "uint64"),
    FLOAT8_E4M3FN(ScalarType.Float8_e4m3fn, 1, "F8_E4M3", "", "float8_e4m3fn"),
    FLOAT8_E5M2(ScalarType.Float8_e5m2, 1, "F8_E5M2", "", "float8_e5m2");

    final ScalarType scalarType;
    final int size;
    final String safetensorsName;

    /** The class of its storages; empty for types that are younger than such classes. */
    final String storageClass;

    final String torchName;

    ElementType(ScalarType scalarType, int size, String safetensorsName, String storageClass, String torchName) {
        this.scalarType = scalarType;
        this.size = size;
        this.safetensorsName = safetensorsName;
        this.storageClass = storageClass;
        this.torchName = torchName;
    }

    /** The type of a tensor's elements. */
    static ElementType of(Tensor tensor) {
        ScalarType scalarType = tensor.scalar_type().intern();
        for (ElementType type : values()) {
            if (type.scalarType == scalarType) {
                return type;
            }
        }
        throw new IllegalArgumentException("a tensor of " + scalarType + " cannot be written to a file");
    }

    static Optional<ElementType> ofSafetensors(String name) {
        for (ElementType type : values()) {
            if (!name.isEmpty() && type.safetensorsName.equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** PyTorch's name: {@code float32}. */
    @Override
    public String toString() {
        return torchName;
    }
}
