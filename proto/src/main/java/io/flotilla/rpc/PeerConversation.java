package io.flotilla.rpc;

import java.nio.ByteBuffer;

/** A peer's frames go to whoever asked for them. */
record PeerConversation(PeerReceiver receiver) implements Conversation {
  @Override
  public void onFrame(FrameType type, ByteBuffer body) {
    if (type != FrameType.PEER) {
      throw new IllegalArgumentException(type + " came where PEER is allowed");
    }
    receiver.receive(body);
  }

  @Override
  public void onClosed() {
    receiver.closed();
  }
}
