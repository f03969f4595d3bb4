package cartwheel.peers.flink;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/** A type with a serializer of our own. */
final class Type<T> extends TypeInformation<T> {
    private final Class<T> kind;
    private final TypeSerializer<T> serializer;

    Type(Class<T> kind, TypeSerializer<T> serializer) {
        this.kind = kind;
        this.serializer = serializer;
    }

    @Override
    public TypeSerializer<T> createSerializer(SerializerConfig config) {
        return serializer;
    }

    @Override
    public Class<T> getTypeClass() {
        return kind;
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public String toString() {
        return kind.getSimpleName();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Type<?> type && type.kind == kind;
    }

    @Override
    public int hashCode() {
        return kind.hashCode();
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof Type;
    }
}
