package io.flotilla.shard.service;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.shard.kv.Commands;
import io.flotilla.shard.kv.KeyRange;
import java.util.ArrayList;
import java.util.List;

/** The least range of keys with all that a request is about: for who is told where they are now. */
final class Asked {
  private static final KeyRange EVERYTHING = new KeyRange(ByteString.EMPTY, ByteString.EMPTY);

  private Asked() {}

  static KeyRange by(WriteRequest request) {
    List<ByteString> keys = new ArrayList<>();
    for (Write write : request.getWritesList()) {
      Operation operation = write.getOperation();
      if (operation.hasBatch()) {
        operation.getBatch().getOperationsList().forEach(inner -> keys.add(Commands.key(inner)));
      } else {
        keys.add(Commands.key(operation));
      }
    }
    return around(keys);
  }

  static KeyRange by(ReadRequest request) {
    return around(request.getKeysList());
  }

  static KeyRange by(ScanRequest request) {
    return new KeyRange(request.getStart(), request.getEnd());
  }

  private static KeyRange around(List<ByteString> keys) {
    return keys.isEmpty() ? EVERYTHING : KeyRange.around(keys);
  }
}
