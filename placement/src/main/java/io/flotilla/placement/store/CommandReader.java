package io.flotilla.placement.store;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import java.util.List;

/**
 * Reads commands strictly. A newer version may have added a field or a value that changes what a
 * command means; a member that skipped it would quietly part from the others, so it stops instead.
 */
final class CommandReader {
  private CommandReader() {}

  static PlacementCommand read(byte[] payload) throws UnknownCommandException {
    PlacementCommand command;
    try {
      command = PlacementCommand.parseFrom(payload);
    } catch (InvalidProtocolBufferException broken) {
      throw new UnknownCommandException("not a placement command", broken);
    }
    if (command.getKindCase() == PlacementCommand.KindCase.KIND_NOT_SET) {
      throw new UnknownCommandException("a placement command of a kind this version lacks");
    }
    requireKnown(command);
    return command;
  }

  private static void requireKnown(Object part) throws UnknownCommandException {
    if (part instanceof List<?> elements) {
      for (Object element : elements) {
        requireKnown(element);
      }
    } else if (part instanceof EnumValueDescriptor value) {
      if (value.getIndex() < 0) {
        throw new UnknownCommandException(
            value.getType().getFullName() + " has an unknown value " + value.getNumber());
      }
    } else if (part instanceof Message message) {
      if (!message.getUnknownFields().asMap().isEmpty()) {
        throw new UnknownCommandException(
            message.getDescriptorForType().getFullName()
                + " has fields that this version lacks: "
                + message.getUnknownFields().asMap().keySet());
      }
      for (Object field : message.getAllFields().values()) {
        requireKnown(field);
      }
    }
  }
}
