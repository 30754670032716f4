// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that keeps one percent of every transfer.
contract FeeToken is ERC20 {
    constructor() ERC20("Fee", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        super._update(from, to, value - value / 100);
        super._update(from, address(0), value / 100);
    }
}

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
        // solhint-disable-next-line avoid-low-level-calls
        (bool succeeded, bytes memory returned) = target.call(_data);
        emit Reentered(succeeded, returned);
    }
}

/// @notice A token whose transfers return nothing, as some old ones do.
contract SilentToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    error SilentToken_TooLittle();

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) revert SilentToken_TooLittle();
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert SilentToken_TooLittle();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice A token that can be made to refuse every transfer.
contract StubbornToken is ERC20 {
    bool public refusing;

    error StubbornToken_Refuses();

    constructor() ERC20("Stubborn", "NO") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (refusing) revert StubbornToken_Refuses();
        super._update(from, to, value);
    }
}
