"""A process that compiles: source on its standard input, machine code on its standard output.

    python -I compiling.py trade < kernel.py

Numba types the function and those that it calls, and LLVM makes code for the plainest processor of
this kind: the same instructions on all of them, so the same bytes in results. Neither reorders
operations, nor makes one of two (no fast math, no fused multiply-add).

Nothing of the project is imported here. What Numba finds in the environment is set by `loading`.
"""

import sys
from types import FunctionType
from typing import Any

NUMBERS = {"int": "int64", "float": "float64"}
POINTERS = {"Floats": "float64", "Integers": "int64", "Bools": "uint8"}
SYMBOL = "compiled"
PLAIN = "generic"  # of all processors of a kind


def main(name: str) -> None:
    """Write the machine code of the function of that name, which stands in the source."""
    code = machine_code(sys.stdin.read(), name)
    sys.stdout.buffer.write(code)


def machine_code(source: str, name: str) -> bytes:
    """An object file that has the function as SYMBOL.

    Args:
        source: a module that imports nothing at run time; of each parameter the function says which
            of NUMBERS or POINTERS it is, and it returns an int.
        name: of the function.
    """
    import numba
    from numba.extending import register_jitable

    module: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"{name}.py", "exec"), module)
    for function in [each for each in module.values() if isinstance(each, FunctionType)]:
        register_jitable(error_model="numpy")(function)
    *parameters, _ = module[name].__annotations__.values()
    signature = numba.int64(*map(_type, parameters))
    compiled = numba.cfunc(signature, error_model="numpy")(module[name])
    return _emitted(compiled.inspect_llvm())


def _type(annotation: str) -> Any:
    import numba

    pointer: Any = numba.types.CPointer
    if annotation in POINTERS:
        return pointer(getattr(numba, POINTERS[annotation]))
    return getattr(numba, NUMBERS[annotation])


def _emitted(text: str) -> bytes:
    """The object file of a module of LLVM with one C function and what it calls."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    defined = [function for function in module.functions if not function.is_declaration]
    (entry,) = (function for function in defined if function.name.startswith("cfunc."))
    for function in defined:
        if function.name != entry.name:
            function.linkage = "internal"
    entry.name = SYMBOL
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=PLAIN, features="", opt=3, reloc="pic", codemodel="default"
    )
    # Inlined, it is plain that nothing is ever raised, and what would raise it goes.
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    left = [
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    ]
    if left:
        raise SystemExit(f"it calls {', '.join(left)}, which only Numba has")
    return bytes(machine.emit_object(module))


if __name__ == "__main__":
    main(*sys.argv[1:])
