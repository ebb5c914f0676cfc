/**
 * Returns a stream that passes the chunks of an answer on, and those of errors after all others, when `turn` has saved
 * the answer and noted why it failed. Without it, a page that loads the chat as soon as it receives an error can be
 * faster than the save: it then lacks the part that was generated, and `rejectedIds` the question.
 */
export function errorsLast<Chunk extends { readonly type: string }>(): TransformStream<Chunk, Chunk> {
  const errors: Chunk[] = [];
  return new TransformStream<Chunk, Chunk>({
    transform(chunk, controller) {
      if (chunk.type === "error") errors.push(chunk);
      else controller.enqueue(chunk);
    },
    // The stream of the SDK ends when `onEnd` has.
    flush(controller) {
      for (const error of errors) controller.enqueue(error);
    },
  });
}
