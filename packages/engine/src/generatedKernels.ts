/** Kernels that were generated in C (`ccode/`) and compiled, as a thread of this process runs them. */

/** A generated kernel in the machine's code: its address in this process, and that of its parameters in the linear memory. */
export interface NativeKernel {
  readonly kernel: number;
  readonly parameters: number;
}

/** What runs generated kernels in the machine's code. */
export interface GeneratedKernels {
  /**
   * Addresses of the functions with these bodies of C (`ccode/kernel.ts`); undefined where one is not compiled. Missing ones
   * are compiled first if that is asked for and there is a compiler.
   */
  find(
    bodies: readonly string[],
    use: { readonly compile: boolean; readonly compiler?: string },
  ): readonly (number | undefined)[];
  /**
   * Steps whose words (`plan/stepWords.ts`) lie from an address on, with the threads that follow; alone where `signals`, the
   * address of `threads/signals.ts`'s words, is 0.
   */
  lead(steps: number, count: number, scratch: number, signals: number): void;
  /** Takes parts of steps that another thread leads, until none comes for a while or JavaScript has something to do. */
  follow(plan: number, scratch: number, signals: number): void;
}
