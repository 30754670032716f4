// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that calls back while it moves: whoever armed it gets one call in the middle of the next transfer.
contract ReentrantToken is ERC20 {
    address private _target;
    bytes private _data;

    event Reentered(bool succeeded, bytes returned);

    constructor() ERC20("Reentrant", "RE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice The next transfer calls this.
    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0) || from == address(0)) return;
        address target = _target;
        _target = address(0);
        (bool succeeded, bytes memory returned) = target.call(_data);
        emit Reentered(succeeded, returned);
    }
}
