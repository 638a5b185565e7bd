package io.flotilla.rpc;

import java.nio.ByteBuffer;

/** What an accepted connection is used for after its greeting. All on its event loop. */
interface Conversation {
  /** As {@link FrameHandler#onFrame}. */
  void onFrame(FrameType type, ByteBuffer body);

  default void onReadStart() {}

  default void onReadComplete() {}

  default void onWritabilityChanged() {}

  void onClosed();
}
