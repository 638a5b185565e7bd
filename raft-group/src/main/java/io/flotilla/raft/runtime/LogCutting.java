package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftCore;
import io.flotilla.raft.port.LogWrite;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When one replica's log loses its front, or all of it, and what its next write has to do about
 * that; how far it may go, {@link LogCutter} says. One cut is under way at a time: the next waits
 * until the last is durable. For the replica's loop.
 */
final class LogCutting {
  /** Ticks between looks at whether a log weighs too much though nothing happens in its group. */
  private static final int LOOK_TICKS = 50;

  /** In which an image is made, sent and loaded, or else it is not waited for any more. */
  private static final int IMAGE_TICKS = 9_000;

  private final LogCutter cutter;
  private LogWrite.@Nullable Cut next;

  /** With which the last cut went to the disk. */
  private long ticket;

  /** The applied index that a crash would leave, at least. */
  private long durable;

  private LogCutter.Image image = LogCutter.Image.NONE;
  private int imageTicks;
  private int ticksToLook = LOOK_TICKS;

  /**
   * @param beginning what the first write does to the log as a whole: a new group's begins with it
   */
  LogCutting(LogCutter cutter, LogWrite.@Nullable Cut beginning) {
    this.cutter = cutter;
    this.next = beginning;
  }

  /** Whether it is time to look at what the log weighs. */
  boolean tick() {
    if (imageTicks > 0 && --imageTicks == 0) {
      image = image.arrived();
    }
    if (--ticksToLook > 0) {
      return false;
    }
    ticksToLook = LOOK_TICKS;
    return true;
  }

  /** An image was taken for others: as long as it is under way, what follows it stays. */
  void imaged(LogCutter.Image taken) {
    image = taken;
    imageTicks = IMAGE_TICKS;
  }

  void durablyApplied(long index) {
    durable = index;
  }

  boolean isDue(long retained) {
    return cutter.isDue(retained);
  }

  /** The ticket of the last cut; nothing is cut before that is durable. */
  long lastTicket() {
    return ticket;
  }

  /**
   * Cuts what may go, unless a cut waits for the next write.
   *
   * @return whether the state is to be made durable for the sake of the log
   */
  boolean cut(RaftCore core, long retained) {
    if (next != null || !isDue(retained)) {
      return false;
    }
    GroupStatus now = core.status();
    long index = cutter.cut(now, retained, Math.min(durable, now.appliedIndex()), image);
    if (index >= now.firstIndex()) {
      Position upTo = core.positionAt(index);
      next = new LogWrite.Truncation(upTo, core.membershipAt(index));
      core.step(new Input.Truncated(upTo));
    }
    return cutter.wantsFlush(now, retained, durable, image);
  }

  /** The log begins anew, whatever was to be cut of it. */
  void begin(LogWrite.Base base) {
    next = base;
  }

  /** Whether the log has something to write though there are no entries for it. */
  boolean isToBeCut() {
    return next instanceof LogWrite.Truncation;
  }

  /** What is to be cut goes to the disk with this ticket. */
  void drained(long withTicket) {
    if (isToBeCut()) {
      ticket = withTicket;
    }
  }

  /** For the write that does it. */
  Optional<LogWrite.Cut> take() {
    Optional<LogWrite.Cut> taken = Optional.ofNullable(next);
    next = null;
    return taken;
  }
}
