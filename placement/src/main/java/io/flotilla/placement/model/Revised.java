package io.flotilla.placement.model;

import java.util.function.Function;

/** Something and the revision that changed it last. */
public record Revised<T>(long revision, T value) {
  public <R> Revised<R> map(Function<? super T, ? extends R> function) {
    return new Revised<>(revision, function.apply(value));
  }
}
